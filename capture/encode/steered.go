package encode

// #include "frame.h"
// #include "picture.h"
import "C"

import (
	"fmt"
	"image"
	"unsafe"

	"github.com/easel-live/easel/capture/codec"
)

// library is an encoder of libvpx or libaom, which take the same orders. What
// fails gives the reason, which is never freed.
type library interface {
	// configure sets the bitrate and quantizers for frames of a quality.
	configure(kbps int, s span, q Quality) *C.char
	// encode encodes a picture of which rectangles changed, pixels in all.
	encode(p *Picture, changed *rects, n C.int, at moment, key bool, pixels int) (*C.easel_frame, *C.char)
	// exact compares a part of a picture with what receivers see.
	exact(p *Picture, r image.Rectangle) bool
	// distance is the mean squared error of the luma, or the green, of what
	// receivers see.
	distance(p *Picture) float64
	close()
}

// moment is when a frame is presented and for how long, in ticks.
type moment struct{ pts, ticks int64 }

// span bounds quantizers (0 best, 63 worst).
type span struct{ best, worst int }

// coarsest is the worst quantizer that there is.
const coarsest = 63

// within is the span for what has to be kept small, whatever it looks like: no
// better than best.
func (s span) within(best int) span {
	return span{min(max(s.best, best), coarsest), coarsest}
}

// keyframe is one more quality for those who wait for a first picture.
const keyframe = Exact + 1

// quantizers by quality. With all of the colour the best one is lossless, and a
// keyframe is kept small, whatever the picture: a quarter of a megabyte of a
// photograph, not a whole one. It is refined at once.
var (
	coarse = [...]span{Moving: {2, 56}, Fine: {2, 6}, Exact: {2, 6}, keyframe: {2, 56}}
	full   = [...]span{Moving: {2, 56}, Fine: {2, 4}, Exact: {0, 0}, keyframe: {28, 60}}
)

// steered is the Encoder by a library whose quantizers are bounded frame by frame.
type steered struct {
	library library
	codec   codec.Codec
	spans   *[4]span
	rects   rects
	size    image.Point
	format  Format
	kbps    int
	quality Quality
	span    span
	weight  weight
	clock   ticker
}

func newSteered(c codec.Codec, o Options) (*steered, error) {
	e := &steered{codec: c, spans: &coarse, size: o.Size, format: FormatOf(c), kbps: o.Kbps}
	if c.Full() {
		e.spans = &full
	}
	e.span = e.spans[Moving]
	var msg *C.char
	switch c {
	case codec.AV1, codec.AV1Full:
		e.library, msg = newAOM(e)
	default:
		e.library, msg = newVPX(e)
	}
	if msg != nil {
		e.Close()
		return nil, fmt.Errorf("encode: start %v: %s", c, C.GoString(msg))
	}
	return e, nil
}

// Close implements Encoder.
func (e *steered) Close() { e.library.close() }

// SetBitrate implements Encoder.
func (e *steered) SetBitrate(kbps int) error {
	if kbps = max(kbps, 1); kbps == e.kbps {
		return nil
	}
	e.kbps = kbps
	return e.configure()
}

// Encode implements Encoder.
func (e *steered) Encode(p *Picture, r Request) (Frame, error) {
	if p.Size() != e.size || p.Format() != e.format {
		return Frame{}, fmt.Errorf("%w: picture of %v in an encoder of %v", ErrSize, p.Size(), e.size)
	}
	key, quality := r.Key || !e.clock.started, r.Quality
	if key {
		quality = keyframe
	}
	pixels := area(r.Changed)
	s := e.spans[quality]
	if r.Bytes > 0 {
		s = s.within(e.weight.quantizer(r.Bytes, pixels))
	}
	if quality != e.quality || s != e.span {
		e.quality, e.span = quality, s
		if err := e.configure(); err != nil {
			return Frame{}, err
		}
	}
	ticks := e.clock.advance(r.At)
	n := C.int(e.rects.set(r.Changed))
	out, msg := e.library.encode(p, &e.rects, n, moment{e.clock.pts, ticks}, key, pixels)
	if msg != nil {
		return Frame{}, fmt.Errorf("encode: %v: %s", e.codec, C.GoString(msg))
	}
	f := Frame{
		Data: unsafe.Slice((*byte)(unsafe.Pointer(out.data)), int(out.size)),
		Key:  out.key != 0, Quantizer: int(out.quantizer),
	}
	e.weight.learn(len(f.Data), pixels, f.Quantizer)
	return f, nil
}

// Exact implements Encoder.
func (e *steered) Exact(p *Picture, r image.Rectangle) bool {
	if !e.codec.Full() || p.Format() != e.format || !r.In(image.Rectangle{Max: p.Size()}) {
		return false
	}
	return e.library.exact(p, r)
}

func (e *steered) configure() error {
	if msg := e.library.configure(e.kbps, e.span, e.quality); msg != nil {
		return fmt.Errorf("encode: set %v to %d kb/s: %s", e.codec, e.kbps, C.GoString(msg))
	}
	return nil
}

// noMemory is the reason when there is no room for an encoder.
var noMemory = C.CString("no memory")
