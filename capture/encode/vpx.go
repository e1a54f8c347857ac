package encode

/*
#cgo pkg-config: vpx
#include "vpx.h"
*/
import "C"

import (
	"image"

	"github.com/easel-live/easel/capture/codec"
)

const (
	// Speeds of the encoders (libvpx's -cpu-used for real time). VP8: higher ones
	// gain nothing on small changes, and on large ones a fifth of the time for
	// half as much error again. VP9: 8 takes twice the time of 9 for a whole new
	// screen, and saves a tenth of the bits.
	vp8Speed = 8
	vp9Speed = 9
	// Threads of one encoder. VP8's wait for each other by spinning: on a busy
	// machine a second one makes a frame ten times slower. VP9's sleep. They share
	// columns, which only a large change is cut into: for a small one they would
	// cost more than they bring.
	vp8Threads = 1
	vp9Threads = 2
	// largePart of the picture is a large change.
	largePart = 4
)

// vpx is the library of VP8 and VP9.
type vpx struct {
	c      *C.easel_vpx
	out    C.easel_frame
	codec  codec.Codec
	area   int   // of the picture, in pixels
	shared C.int // logarithm of the number of columns
}

func newVPX(o *steered) (*vpx, *C.char) {
	e := &vpx{c: C.easel_vpx_new(), codec: o.codec, area: o.size.X * o.size.Y}
	if e.c == nil {
		return e, noMemory
	}
	w, h, kbps := C.int(o.size.X), C.int(o.size.Y), C.int(o.kbps)
	if o.codec == codec.VP8 {
		return e, C.easel_vp8_init(e.c, w, h, kbps, vp8Threads, vp8Speed)
	}
	return e, C.easel_vp9_init(e.c, w, h, number(o.codec.Full()), kbps, vp9Threads, vp9Speed)
}

func (e *vpx) close() {
	if e.c != nil {
		C.easel_vpx_free(e.c)
	}
}

func (e *vpx) configure(kbps int, s span, q Quality) *C.char {
	msg := C.easel_vpx_config(e.c, C.int(kbps), C.int(s.best), C.int(s.worst))
	if msg == nil && e.codec == codec.VP8 {
		msg = C.easel_vp8_refine(e.c, number(q == Fine || q == Exact))
	}
	return msg
}

func (e *vpx) encode(p *Picture, changed *rects, n C.int, at moment, key bool, pixels int) (*C.easel_frame, *C.char) {
	if msg := e.share(key || pixels > e.area/largePart); msg != nil {
		return nil, msg
	}
	return &e.out, C.easel_vpx_encode(e.c, &p.c, &changed[0], n, C.int64_t(at.pts), C.int(at.ticks), number(key), &e.out)
}

// share has threads share a frame that changes much.
func (e *vpx) share(much bool) *C.char {
	if e.codec == codec.VP8 || e.shared == number(much) {
		return nil
	}
	e.shared = number(much)
	return C.easel_vp9_columns(e.c, e.shared)
}

func (e *vpx) exact(p *Picture, r image.Rectangle) bool {
	return C.easel_vpx_exact(e.c, &p.c, C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy())) != 0
}

func (e *vpx) distance(p *Picture) float64 { return float64(C.easel_vpx_error(e.c, &p.c)) }
