package encode

import (
	"image"
	"math"
)

const (
	// halving is by how much a quantizer has to rise for half of the bytes:
	// between 8 and 16 in VP8 and VP9, the finer the picture the less.
	halving = 12.0
	// forget is the part of a frame that was lighter than expected in what is
	// expected of the next.
	forget = 1.0 / 16
	// header is what a frame takes that shows nothing, in bytes; smallest are the
	// pixels of which one learns anything.
	header   = 48
	smallest = 1024
)

// weight is what the changes of a picture take. An encoder's own rate control
// expects of a frame what the frames before it took. A screen's are a stroke's
// next bit, again and again, and then all of it at once as it is taken back, a
// hundred times as much. How much changed is known beforehand, and what a pixel
// took is remembered, the heaviest the longest.
type weight struct {
	known    bool
	perPixel float64 // logarithm to base 2 of the bytes, at quantizer 0
}

// learn takes what a frame took.
func (w *weight) learn(bytes, pixels, quantizer int) {
	if pixels < smallest {
		return
	}
	is := math.Log2(float64(max(bytes-header, 1))/float64(pixels)) + float64(quantizer)/halving
	if !w.known || is > w.perPixel {
		w.known, w.perPixel = true, is
		return
	}
	w.perPixel += forget * (is - w.perPixel)
}

// quantizer is the best with which so many pixels take no more than so many
// bytes. Of a stream that nothing is known of it assumes nothing good.
func (w *weight) quantizer(bytes, pixels int) int {
	is := w.perPixel
	if !w.known {
		is = 0 // a byte a pixel: half of the colours of grain
	}
	over := is + math.Log2(float64(max(pixels, 1))/float64(max(bytes-header, 1)))
	return int(math.Ceil(max(over, 0) * halving))
}

// area is how many pixels rectangles cover, as if none overlapped.
func area(rects []image.Rectangle) int {
	n := 0
	for _, r := range rects {
		n += r.Dx() * r.Dy()
	}
	return n
}
