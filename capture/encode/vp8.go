package encode

// #include "vp8.h"
import "C"

import (
	"fmt"
	"image"
	"time"
	"unsafe"
)

const (
	// Speed of the encoder (libvpx's -cpu-used for real time). Higher ones gain
	// nothing on small changes, and on large ones a fifth of the time for half
	// as much error again.
	speed = 8
	// Threads of one encoder. libvpx's threads wait for each other by spinning:
	// on a busy machine a second one makes a frame ten times slower.
	threads = 1

	clock = 90_000 // ticks per second of presentation times

	// A frame after a pause counts as if this long after the last, at most:
	// otherwise the rate control would hand it the bits of the whole pause.
	longestGap = 100 * time.Millisecond
	// And at least this long, for the rate control needs time to move.
	shortestGap = time.Second / 240
)

// Quantizers (0 best, 63 worst).
const (
	bestQuantizer    = 2
	worstQuantizer   = 56
	refinedQuantizer = 6
)

// maxRects is how many rectangles Encode passes on before it joins them.
const maxRects = 16

// vp8 is the Encoder that everybody can decode, by libvpx.
type vp8 struct {
	c       *C.easel_vp8
	out     C.easel_frame
	rects   [maxRects * 4]C.int32_t
	size    image.Point
	kbps    int
	refined bool // the quantizer is bounded for a refinement
	started bool
	last    time.Duration
	pts     C.int64_t
}

func newVP8(o Options) (*vp8, error) {
	e := &vp8{c: C.easel_vp8_new(), size: o.Size, kbps: o.Kbps}
	if e.c == nil {
		return nil, fmt.Errorf("encode: no memory for an encoder of %v", o.Size)
	}
	if msg := C.easel_vp8_init(e.c, C.int(o.Size.X), C.int(o.Size.Y), C.int(e.kbps), threads, speed); msg != nil {
		e.Close()
		return nil, fmt.Errorf("encode: start VP8: %s", C.GoString(msg))
	}
	return e, nil
}

// Close implements Encoder.
func (e *vp8) Close() { C.easel_vp8_free(e.c) }

// SetBitrate implements Encoder.
func (e *vp8) SetBitrate(kbps int) error {
	if kbps = max(kbps, 1); kbps == e.kbps {
		return nil
	}
	e.kbps = kbps
	return e.configure()
}

// Encode implements Encoder.
func (e *vp8) Encode(p *Picture, r Request) (Frame, error) {
	if p.Size() != e.size {
		return Frame{}, fmt.Errorf("%w: picture of %v in an encoder of %v", ErrSize, p.Size(), e.size)
	}
	if r.Refine != e.refined {
		e.refined = r.Refine
		if err := e.configure(); err != nil {
			return Frame{}, err
		}
	}
	gap := shortestGap
	if e.started {
		gap = min(max(r.At-e.last, shortestGap), longestGap)
	}
	ticks := C.int64_t(gap * clock / time.Second)
	e.last, e.started = r.At, true
	e.pts += ticks
	key := C.int(0)
	if r.Key {
		key = 1
	}
	msg := C.easel_vp8_encode(e.c, &p.c, &e.rects[0], C.int(e.setRects(r.Changed)), e.pts, C.int(ticks), key, &e.out)
	if msg != nil {
		return Frame{}, fmt.Errorf("encode: VP8: %s", C.GoString(msg))
	}
	return Frame{
		Data: unsafe.Slice((*byte)(unsafe.Pointer(e.out.data)), int(e.out.size)),
		Key:  e.out.key != 0, Quantizer: int(e.out.quantizer),
	}, nil
}

// Error is the mean squared error of the luma of what receivers see now against
// p: 0 for a perfect copy.
func (e *vp8) Error(p *Picture) float64 { return float64(C.easel_vp8_error(e.c, &p.c)) }

func (e *vp8) configure() error {
	worst, refine := worstQuantizer, C.int(0)
	if e.refined {
		worst, refine = refinedQuantizer, 1
	}
	if msg := C.easel_vp8_config(e.c, C.int(e.kbps), bestQuantizer, C.int(worst), refine); msg != nil {
		return fmt.Errorf("encode: set VP8 to %d kb/s: %s", e.kbps, C.GoString(msg))
	}
	return nil
}

// setRects lays the rectangles out for C, joining those that don't fit.
func (e *vp8) setRects(changed []image.Rectangle) int {
	n := min(len(changed), maxRects)
	for i, r := range changed[:n] {
		if i == n-1 {
			for _, more := range changed[n:] {
				r = r.Union(more)
			}
		}
		copy(e.rects[4*i:], []C.int32_t{C.int32_t(r.Min.X), C.int32_t(r.Min.Y), C.int32_t(r.Max.X), C.int32_t(r.Max.Y)})
	}
	return n
}
