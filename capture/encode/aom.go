package encode

/*
#cgo pkg-config: aom
#include "aom.h"
*/
import "C"

import "image"

const (
	// aomSpeed is the fastest that libaom 3.6 has for real time (its -cpu-used).
	aomSpeed   = 10
	aomThreads = 2
)

// aom is the library of AV1. Its own map of what changed does nothing in libaom
// 3.6, so it is given a picture in which nothing else did.
type aom struct {
	c        *C.easel_aom
	out      C.easel_frame
	area     int   // of the picture, in pixels
	palettes C.int // whether frames try them
}

func newAOM(o *steered) (*aom, *C.char) {
	e := &aom{c: C.easel_aom_new(), area: o.size.X * o.size.Y}
	if e.c == nil {
		return e, noMemory
	}
	return e, C.easel_aom_init(e.c, C.int(o.format), C.int(o.size.X), C.int(o.size.Y), C.int(o.kbps), aomThreads, aomSpeed)
}

func (e *aom) close() {
	if e.c != nil {
		C.easel_aom_free(e.c)
	}
}

func (e *aom) configure(kbps int, s span, _ Quality) *C.char {
	return C.easel_aom_config(e.c, C.int(kbps), C.int(s.best), C.int(s.worst))
}

func (e *aom) encode(p *Picture, changed *rects, n C.int, at moment, key bool, pixels int) (*C.easel_frame, *C.char) {
	if msg := e.paint(!key && pixels <= e.area/largePart); msg != nil {
		return nil, msg
	}
	return &e.out, C.easel_aom_encode(e.c, &p.c, &changed[0], n, C.int64_t(at.pts), C.int(at.ticks), number(key), &e.out)
}

// paint has small changes try palettes. On a whole new screen they bring 2 to 4 dB
// and take twice the time, of a busy one 25 times.
func (e *aom) paint(small bool) *C.char {
	if e.palettes == number(small) {
		return nil
	}
	e.palettes = number(small)
	return C.easel_aom_palettes(e.c, e.palettes)
}

func (e *aom) exact(p *Picture, r image.Rectangle) bool {
	seen := &e.c.seen
	return C.easel_picture_equal(&p.c, &seen.plane[0], &seen.stride[0], C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy())) != 0
}

func (e *aom) distance(p *Picture) float64 {
	return float64(C.easel_picture_error(&p.c, e.c.seen.plane[0], e.c.seen.stride[0]))
}
