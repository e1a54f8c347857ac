package encode

// #include "vpx.h"
import "C"

import (
	"fmt"
	"image"
	"unsafe"

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

// quantizers by codec and quality. In VP9 the best one is lossless. A keyframe
// with all of the colour is kept small, whatever the picture: a quarter of a
// megabyte of a photograph, not a whole one. It is refined at once.
var (
	coarse = [...]span{Moving: {2, 56}, Fine: {2, 6}, Exact: {2, 6}, keyframe: {2, 56}}
	full   = [...]span{Moving: {2, 56}, Fine: {2, 4}, Exact: {0, 0}, keyframe: {28, 60}}
)

// vpx is the Encoder by libvpx.
type vpx struct {
	c       *C.easel_vpx
	codec   codec.Codec
	spans   *[4]span
	out     C.easel_frame
	rects   rects
	size    image.Point
	format  Format
	kbps    int
	quality Quality
	span    span
	weight  weight
	shared  C.int // logarithm of the number of columns
	clock   ticker
}

func newVPX(c codec.Codec, o Options) (*vpx, error) {
	e := &vpx{c: C.easel_vpx_new(), codec: c, spans: &coarse, span: coarse[Moving], size: o.Size, format: FormatOf(c), kbps: o.Kbps}
	if e.c == nil {
		return nil, fmt.Errorf("encode: no memory for an encoder of %v", o.Size)
	}
	w, h := C.int(o.Size.X), C.int(o.Size.Y)
	var msg *C.char
	switch c {
	case codec.VP8:
		msg = C.easel_vp8_init(e.c, w, h, C.int(o.Kbps), vp8Threads, vp8Speed)
	case codec.VP9:
		msg = C.easel_vp9_init(e.c, w, h, 0, C.int(o.Kbps), vp9Threads, vp9Speed)
	default:
		e.spans, e.span = &full, full[Moving]
		msg = C.easel_vp9_init(e.c, w, h, 1, C.int(o.Kbps), vp9Threads, vp9Speed)
	}
	if msg != nil {
		e.Close()
		return nil, fmt.Errorf("encode: start %v: %s", c, C.GoString(msg))
	}
	return e, nil
}

// Close implements Encoder.
func (e *vpx) Close() { C.easel_vpx_free(e.c) }

// SetBitrate implements Encoder.
func (e *vpx) SetBitrate(kbps int) error {
	if kbps = max(kbps, 1); kbps == e.kbps {
		return nil
	}
	e.kbps = kbps
	return e.configure()
}

// Encode implements Encoder.
func (e *vpx) Encode(p *Picture, r Request) (Frame, error) {
	if p.Size() != e.size || p.Format() != e.format {
		return Frame{}, fmt.Errorf("%w: picture of %v in an encoder of %v", ErrSize, p.Size(), e.size)
	}
	quality := r.Quality
	if r.Key || !e.clock.started {
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
	if msg := e.share(r.Key, pixels); msg != nil {
		return Frame{}, fmt.Errorf("encode: %v: %s", e.codec, C.GoString(msg))
	}
	ticks := e.clock.advance(r.At)
	msg := C.easel_vpx_encode(e.c, &p.c, &e.rects[0], C.int(e.rects.set(r.Changed)), C.int64_t(e.clock.pts), C.int(ticks), number(r.Key), &e.out)
	if msg != nil {
		return Frame{}, fmt.Errorf("encode: %v: %s", e.codec, C.GoString(msg))
	}
	f := Frame{
		Data: unsafe.Slice((*byte)(unsafe.Pointer(e.out.data)), int(e.out.size)),
		Key:  e.out.key != 0, Quantizer: int(e.out.quantizer),
	}
	e.weight.learn(len(f.Data), pixels, f.Quantizer)
	return f, nil
}

// Exact implements Encoder.
func (e *vpx) Exact(p *Picture, r image.Rectangle) bool {
	if !e.codec.Full() || p.Format() != e.format || !r.In(image.Rectangle{Max: p.Size()}) {
		return false
	}
	return C.easel_vpx_exact(e.c, &p.c, C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy())) != 0
}

// Error is the mean squared error of the luma, or the green, of what receivers
// see now against p: 0 for a perfect copy.
func (e *vpx) Error(p *Picture) float64 { return float64(C.easel_vpx_error(e.c, &p.c)) }

// share has threads share a frame that changes much.
func (e *vpx) share(key bool, pixels int) *C.char {
	if e.codec == codec.VP8 {
		return nil
	}
	shared := number(key || pixels > e.size.X*e.size.Y/largePart)
	if shared == e.shared {
		return nil
	}
	e.shared = shared
	return C.easel_vp9_columns(e.c, shared)
}

func (e *vpx) configure() error {
	msg := C.easel_vpx_config(e.c, C.int(e.kbps), C.int(e.span.best), C.int(e.span.worst))
	if msg == nil && e.codec == codec.VP8 {
		msg = C.easel_vp8_refine(e.c, number(e.quality == Fine || e.quality == Exact))
	}
	if msg != nil {
		return fmt.Errorf("encode: set %v to %d kb/s: %s", e.codec, e.kbps, C.GoString(msg))
	}
	return nil
}
