package encode

/*
#cgo pkg-config: vpx
#cgo LDFLAGS: -lyuv
#cgo CFLAGS: -O2
#include "picture.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"

	"github.com/easel-live/easel/capture/codec"
)

// Grid is what the sides of an updated rectangle have to be multiples of, in
// pixels, unless they lie on the picture's edge: a macroblock of the half-size
// picture covers this much of the full one, so that encoders never see half an
// update. (Chroma alone would ask for 2.)
const Grid = 32

// Block is the side of the squares of a picture, in its own pixels, of which a
// codec's encoder may change all where something in them changed: what it is told
// of is made of such squares, or its good neighbours would suffer unnoticed.
func Block(c codec.Codec) int {
	if c == codec.AV1 || c == codec.AV1Full {
		return 64 // a superblock
	}
	return 16
}

// MaxSide is the largest width or height of a picture, in pixels.
const MaxSide = 16383

// ErrSize is wrapped by errors about sizes and rectangles.
var ErrSize = errors.New("encode: bad size")

// Format is how a picture holds its pixels.
type Format uint8

// The formats.
const (
	I420 Format = C.EASEL_I420 // BT.601, limited range: codec.Video
	GBR  Format = C.EASEL_GBR  // the screen's own bytes, a plane each: codec.RGB
)

// FormatOf is the format that a codec's encoder takes.
func FormatOf(c codec.Codec) Format {
	if c.Full() {
		return GBR
	}
	return I420
}

// Picture is a frame, kept from one capture to the next: only what changed is
// ever converted.
type Picture struct{ c C.easel_picture }

// NewPicture makes a black picture. Close frees it.
func NewPicture(f Format, size image.Point) (*Picture, error) {
	if size.X < 1 || size.Y < 1 || size.X > MaxSide || size.Y > MaxSide {
		return nil, fmt.Errorf("%w: %v", ErrSize, size)
	}
	p := new(Picture)
	if C.easel_picture_init(&p.c, C.int(f), C.int(size.X), C.int(size.Y)) != 0 {
		return nil, fmt.Errorf("encode: no memory for a picture of %v", size)
	}
	return p, nil
}

// Close frees the picture's memory.
func (p *Picture) Close() { C.easel_picture_free(&p.c) }

// Format is what it was made with.
func (p *Picture) Format() Format { return Format(p.c.format) }

// Size is in pixels.
func (p *Picture) Size() image.Point { return image.Pt(int(p.c.width), int(p.c.height)) }

// Update converts the pixels of rectangle r, in B, G, R, unused order, rows
// stride bytes apart. r starts at even coordinates and ends at even ones or at
// the picture's edge.
func (p *Picture) Update(pix []byte, stride int, r image.Rectangle) error {
	if err := p.check(r, 2); err != nil {
		return err
	}
	if stride < 4*r.Dx() || len(pix) < (r.Dy()-1)*stride+4*r.Dx() {
		return fmt.Errorf("%w: %d bytes, %d a row, for %v", ErrSize, len(pix), stride, r)
	}
	if C.easel_picture_update(&p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(pix))), C.int(stride),
		C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy())) != 0 {
		return fmt.Errorf("encode: cannot convert %v", r)
	}
	return nil
}

// HalfSize is the size of a picture scaled to half: odd sides round up.
func HalfSize(size image.Point) image.Point { return image.Pt((size.X+1)/2, (size.Y+1)/2) }

// Halve scales rectangle r of from to half into p, whose size is HalfSize of
// from's; both have one format. The sides of r are multiples of 4 or lie on from's edge.
func (p *Picture) Halve(from *Picture, r image.Rectangle) error {
	if p.Size() != HalfSize(from.Size()) || p.Format() != from.Format() {
		return fmt.Errorf("%w: %v is not half of %v", ErrSize, p.Size(), from.Size())
	}
	if err := from.check(r, 4); err != nil {
		return err
	}
	C.easel_picture_halve(&p.c, &from.c, C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy()))
	return nil
}

func (p *Picture) check(r image.Rectangle, grid int) error {
	size := p.Size()
	whole := func(n, edge int) bool { return n%grid == 0 || n == edge }
	if r.Empty() || !r.In(image.Rectangle{Max: size}) || r.Min.X%grid != 0 || r.Min.Y%grid != 0 ||
		!whole(r.Max.X, size.X) || !whole(r.Max.Y, size.Y) {
		return fmt.Errorf("%w: rectangle %v of a picture of %v", ErrSize, r, size)
	}
	return nil
}
