package encode

/*
#cgo pkg-config: libavcodec libavutil
#include <stdlib.h>
#include "av.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"unsafe"

	"github.com/easel-live/easel/capture/codec"
)

// sharper is how much better quantizers are where a picture at rest is refined.
const sharper = 14

// maker is an encoder of libavcodec, which may or may not be there at run time.
type maker struct {
	name    string // libavcodec's
	options string // its own
	device  string // of VA-API, or none
	follows bool   // a changed bitrate without a new start
	gpu     bool
}

// makers of H.264, most preferred first. All of them make constrained baseline:
// it costs a few percent of bits and is what every browser takes. libopenh264 is
// free software under BSD terms, libx264 under the GPL's.
var makers = []maker{
	{name: "h264_nvenc", options: "preset=p3:tune=ull:rc=cbr:delay=0:zerolatency=1:forced-idr=1:no-scenecut=1:profile=baseline", follows: true, gpu: true},
	{name: "h264_vaapi", options: "profile=constrained_baseline:rc_mode=CBR:async_depth=1", device: "/dev/dri/renderD128", gpu: true},
	{name: "libopenh264", options: "profile=constrained_baseline:rc_mode=bitrate:allow_skip_frames=0"},
	// As good as the eye asks for, as long as the bitrate allows.
	{name: "libx264", options: "preset=superfast:tune=zerolatency:profile=baseline:crf=21:forced-idr=1:x264-params=scenecut=0", follows: true},
}

// h264 is the Encoder by libavcodec.
type h264 struct {
	c       *C.easel_av
	maker   maker
	out     C.easel_frame
	rects   rects
	size    image.Point
	kbps    int
	opened  int // the kbps that it was opened with
	clock   ticker
	started bool
}

// newH264 takes the first maker that works: a GPU may have no room left, or not
// like the size.
func newH264(o Options) (Encoder, error) {
	var why error
	for _, m := range makers {
		e, err := newH264By(m, o)
		if err == nil {
			return e, nil
		}
		why = errors.Join(why, err)
	}
	return nil, fmt.Errorf("%w for %v: %w", ErrCodec, codec.H264, why)
}

func newH264By(m maker, o Options) (*h264, error) {
	e := &h264{maker: m, size: o.Size, kbps: o.Kbps}
	return e, e.open()
}

// H264 tries this machine's encoders of H.264: the name of the one that works,
// and what became of the better ones.
var H264 = sync.OnceValues(func() (name string, missing error) {
	// GPUs do not encode what is much smaller.
	try := Options{Size: image.Pt(320, 240), Kbps: 500}
	for _, m := range makers {
		e, err := newH264By(m, try)
		if err == nil {
			e.Close()
			return m.name, missing
		}
		missing = errors.Join(missing, err)
	}
	return "", missing
})

func (e *h264) open() error {
	if e.c = C.easel_av_new(); e.c == nil {
		return fmt.Errorf("encode: no memory for an encoder of %v", e.size)
	}
	name, options := C.CString(e.maker.name), C.CString(e.maker.options)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(options))
	var device *C.char
	if e.maker.device != "" {
		device = C.CString(e.maker.device)
		defer C.free(unsafe.Pointer(device))
	}
	e.started, e.opened = false, e.kbps
	if msg := C.easel_av_open(e.c, name, options, device, C.int(e.size.X), C.int(e.size.Y), C.int(e.kbps)); msg != nil {
		err := fmt.Errorf("encode: start %s: %s", e.maker.name, C.GoString(msg))
		e.Close()
		return err
	}
	return nil
}

// Close implements Encoder.
func (e *h264) Close() {
	if e.c != nil {
		C.easel_av_free(e.c)
		e.c = nil
	}
}

// SetBitrate implements Encoder. Encoders that cannot follow start again, with a
// keyframe, when the bitrate has changed by a quarter.
func (e *h264) SetBitrate(kbps int) error {
	if kbps = max(kbps, 1); kbps == e.kbps {
		return nil
	}
	e.kbps = kbps
	if e.maker.follows {
		C.easel_av_bitrate(e.c, C.int(kbps))
		return nil
	}
	if 4*kbps > 3*e.opened && 4*kbps < 5*e.opened {
		return nil
	}
	e.Close()
	return e.open()
}

// Encode implements Encoder.
func (e *h264) Encode(p *Picture, r Request) (Frame, error) {
	if p.Size() != e.size || p.Format() != I420 {
		return Frame{}, fmt.Errorf("%w: picture of %v in an encoder of %v", ErrSize, p.Size(), e.size)
	}
	if e.c == nil {
		return Frame{}, fmt.Errorf("encode: %s is closed", e.maker.name)
	}
	better := C.int(0)
	if r.Quality != Moving {
		better = sharper
	}
	e.clock.advance(r.At)
	msg := C.easel_av_encode(e.c, &p.c, &e.rects[0], C.int(e.rects.set(r.Changed)), better,
		C.int64_t(e.clock.pts), number(r.Key || !e.started), &e.out)
	if msg != nil {
		return Frame{}, fmt.Errorf("encode: %s: %s", e.maker.name, C.GoString(msg))
	}
	e.started = true
	return Frame{
		Data: unsafe.Slice((*byte)(unsafe.Pointer(e.out.data)), int(e.out.size)),
		Key:  e.out.key != 0, Quantizer: int(e.out.quantizer) * 63 / 51,
	}, nil
}

// Exact implements Encoder: half of the colour is never exact.
func (e *h264) Exact(*Picture, image.Rectangle) bool { return false }
