package capture

import (
	"fmt"
	"image"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/capture/packetize"
)

const (
	// A layer answers requests for keyframes at most this often; a server that
	// keeps the last one has no use for more.
	keyInterval = 500 * time.Millisecond

	// After so many failures in a row another encoder won't do either.
	maxFailures = 5

	// Refinement starts after this long without damage, and goes on in pieces
	// of so many pixels at this interval: about as many bits as painting takes.
	refineAfter    = 300 * time.Millisecond
	refineInterval = 50 * time.Millisecond
	refinePixels   = 160_000
)

// layer is one resolution of the picture on its way out. Rectangles are in
// pixels of the display, whatever the layer's own size.
type layer struct {
	index   int
	divisor int // 1: the display's size, 2: half of it
	picture *encode.Picture
	codec   codec.Codec
	encoder encode.Encoder
	packets packetize.Packetizer

	dirty    damage.Region // changed since this layer's last frame
	rough    damage.Region // shown, but not refined yet
	pace     pace
	lastKey  time.Duration
	lastFine time.Duration
	keyed    bool // lastKey counts
	seen     bool // the picture has been captured at this size
	failures int  // of the encoder, in a row

	keyWanted atomic.Bool
	fresh     atomic.Bool // watched again
	unwatched atomic.Bool // nobody sees it: it stays behind
	kbps      atomic.Int32
}

func newLayer(index, divisor, fps, kbps int) *layer {
	l := &layer{
		index: index, divisor: divisor, codec: codec.VP8,
		packets: packetize.New(codec.VP8, uint16(rand.Uint32()), uint16(rand.Uint32())),
		pace:    pace{interval: time.Second / time.Duration(fps)},
	}
	l.kbps.Store(int32(kbps))
	return l
}

// resize makes picture and encoder for a display of another size. The first
// frame afterwards is a keyframe of all of it.
func (l *layer) resize(display image.Point) error {
	l.close()
	size := display
	if l.divisor == 2 {
		size = encode.HalfSize(display)
	}
	var err error
	if l.picture, err = encode.NewPicture(size); err != nil {
		return err
	}
	l.dirty.Clear()
	l.rough.Clear()
	l.seen = false
	return l.restart()
}

// restart makes a new encoder, the old one having failed. It starts with a
// keyframe, which waits for nothing.
func (l *layer) restart() error {
	if l.encoder != nil {
		l.encoder.Close()
		l.encoder = nil
	}
	var err error
	l.encoder, err = encode.New(l.codec, encode.Options{Size: l.picture.Size(), Kbps: int(l.kbps.Load())})
	l.keyWanted.Store(true)
	l.keyed = false
	return err
}

// captured notes that a rectangle of the display has new pixels.
func (l *layer) captured(r image.Rectangle) {
	l.dirty.Add(r)
	l.seen = true
}

func (l *layer) close() {
	if l.encoder != nil {
		l.encoder.Close()
		l.encoder = nil
	}
	if l.picture != nil {
		l.picture.Close()
		l.picture = nil
	}
}

// task is what a layer has to do next.
type task int

const (
	nothing task = iota
	key
	delta
	refine
)

// due says what the layer has to do, and how long that has to wait. quiet is
// when damage was last heard of.
func (l *layer) due(now, quiet time.Duration) (task, time.Duration) {
	var t task
	wait := never
	if !l.seen || l.unwatched.Load() {
		return t, wait
	}
	sooner := func(other task, in time.Duration) {
		if in = max(in, 0); in < wait {
			t, wait = other, in
		}
	}
	if l.fresh.Swap(false) {
		l.keyed = false // it starts at once, however lately it stopped
	}
	if l.keyWanted.Load() {
		in := time.Duration(0)
		if l.keyed {
			in = l.lastKey + keyInterval - now
		}
		sooner(key, in)
	}
	if !l.dirty.Empty() {
		sooner(delta, l.pace.wait(now))
	} else if !l.rough.Empty() {
		sooner(refine, max(quiet+refineAfter, l.lastFine+refineInterval)-now)
	}
	return t, wait
}

// encode does one task and returns the frame, which belongs to the encoder.
func (l *layer) encode(t task, now time.Duration) (encode.Frame, error) {
	if err := l.encoder.SetBitrate(int(l.kbps.Load())); err != nil {
		return encode.Frame{}, err
	}
	r := encode.Request{At: now}
	var scaled [damage.MaxRects]image.Rectangle
	switch t {
	case key:
		l.keyWanted.Store(false)
		l.lastKey, l.keyed = now, true
		size := l.picture.Size()
		r.Key = true
		scaled[0] = image.Rectangle{Max: size}
		r.Changed = scaled[:1]
		l.rough.Clear()
		l.rough.Add(image.Rectangle{Max: size.Mul(l.divisor)})
		l.dirty.Clear()
	case delta:
		r.Changed = l.scale(scaled[:0], l.dirty.Rects())
		l.rough.AddRegion(&l.dirty)
		l.dirty.Clear()
	case refine:
		l.lastFine = now
		piece := [1]image.Rectangle{l.rough.Cut(refinePixels*l.divisor, encode.Grid)}
		r.Refine = true
		r.Changed = l.scale(scaled[:0], piece[:])
	}
	if t != refine {
		l.pace.spend(now)
	}
	f, err := l.encoder.Encode(l.picture, r)
	if err != nil {
		return f, fmt.Errorf("layer %d: %w", l.index, err)
	}
	return f, nil
}

// scale appends rectangles of the display in the layer's own pixels.
func (l *layer) scale(to, rects []image.Rectangle) []image.Rectangle {
	for _, r := range rects {
		d := l.divisor
		to = append(to, image.Rect(r.Min.X/d, r.Min.Y/d, (r.Max.X+d-1)/d, (r.Max.Y+d-1)/d))
	}
	return to
}
