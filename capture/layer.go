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

	// A frame waits this long behind others on a thin line, and no longer.
	longestQueue = 50 * time.Millisecond

	// A frame takes the line for so long, and a keyframe for no longer than this,
	// however much of the picture changed: it is refined later.
	frameOnLine = 150 * time.Millisecond
	keyOnLine   = 300 * time.Millisecond

	// A small layer is begun for those whose line has just become thin, more often
	// than not, before anybody can tell how thin: so its first keyframe takes no
	// more than this, in bytes.
	modestKey = 8 << 10

	// After so many failures in a row another encoder won't do either.
	maxFailures = 5
)

// layer is the picture on its way out in one codec and one resolution.
// Rectangles are in pixels of the display, whatever the layer's own size.
type layer struct {
	id      LayerID
	codec   codec.Codec
	source  *source
	encoder encode.Encoder // nil while nobody watches
	packets packetize.Packetizer

	dirty    damage.Region // changed since this layer's last frame
	refining refinement
	pace     pace
	last     uint32 // timestamp of the last frame
	lastKey  time.Duration
	keyed    bool // lastKey counts
	begun    bool // a keyframe was made since somebody watches
	failures int  // of the encoder, in a row

	keyWanted atomic.Bool
	fresh     atomic.Bool // watched again
	most      int         // kbps where the line has room
	unwatched atomic.Bool // nobody sees it: it stays behind
	kbps      atomic.Int32
}

func newLayer(id LayerID, c codec.Codec, on *source, o *Options) *layer {
	l := &layer{
		id: id, codec: c, source: on,
		packets: packetize.New(c, uint16(rand.Uint32()), uint16(rand.Uint32())),
		pace:    newPace(o.fps(on.size)),
	}
	l.most = o.kbps(on.size)
	l.kbps.Store(int32(l.most))
	l.unwatched.Store(id.Rendition > 0)
	return l
}

// reset starts the layer anew, on a display of another size.
func (l *layer) reset(display image.Point) {
	l.close()
	l.dirty.Clear()
	least := leastPiece
	if l.codec == codec.AV1Full {
		least = leastAV1Piece
	}
	l.refining.reset(display, l.codec.Full() && l.source.size == Full, l.grid(), least)
}

// grid is what rectangles that the encoder is told of are made of, in pixels of the
// display.
func (l *layer) grid() int { return max(encode.Grid, int(l.source.size)*encode.Block(l.codec)) }

// restart makes a new encoder. It starts with a keyframe, which waits for
// nothing.
func (l *layer) restart() error {
	l.close()
	var err error
	l.encoder, err = encode.New(l.codec, encode.Options{Size: l.source.picture.Size(), Kbps: int(l.kbps.Load())})
	l.keyWanted.Store(true)
	l.keyed = false
	return err
}

func (l *layer) close() {
	if l.encoder != nil {
		l.encoder.Close()
		l.encoder = nil
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
	if l.encoder == nil || !l.source.isReady() || l.unwatched.Load() {
		return t, wait
	}
	sooner := func(other task, in time.Duration) {
		if in = max(in, 0); in < wait {
			t, wait = other, in
		}
	}
	if l.fresh.Swap(false) {
		l.keyed, l.begun = false, false // it starts at once, however lately it stopped
	}
	if l.keyWanted.Load() {
		in := time.Duration(0)
		if l.keyed {
			in = l.lastKey + keyInterval - now
		}
		sooner(key, in)
	}
	if !l.dirty.Empty() {
		sooner(delta, max(l.pace.wait(now), l.queue(now)))
	} else if !l.refining.done() {
		sooner(refine, l.refining.wait(now, quiet))
	}
	return t, wait
}

// queue is how long a frame would wait behind others on a line that is thinner
// than the layer would like: it is better made later, of what is then on screen.
func (l *layer) queue(now time.Duration) time.Duration {
	if int(l.kbps.Load()) >= l.most {
		return 0
	}
	return max(0, l.refining.ready-now-longestQueue)
}

// fitting is what a frame may take that may take the line for so long, in bytes.
func (l *layer) fitting(d time.Duration) int {
	return int(int64(l.kbps.Load()) * d.Milliseconds() / 8)
}

// keyBytes is what a keyframe may take.
func (l *layer) keyBytes() int {
	fits := l.fitting(keyOnLine)
	if l.source.size != Full && !l.begun {
		return min(fits, modestKey)
	}
	return fits
}

// isExact says whether who has seen all of the layer's frames sees the display
// as it was captured last, pixel by pixel.
func (l *layer) isExact() bool {
	return l.dirty.Empty() && l.refining.exact() && l.shows(image.Rectangle{Max: l.refining.size})
}

// shows says whether who has seen all of the layer's frames sees the very pixels
// of a rectangle. Only layers of the display's own size do.
func (l *layer) shows(r image.Rectangle) bool { return l.encoder.Exact(l.source.picture, r) }

// encode does one task and returns the frame, which belongs to the encoder.
func (l *layer) encode(t task, now time.Duration) (encode.Frame, error) {
	began := time.Now()
	kbps := int(l.kbps.Load())
	if err := l.encoder.SetBitrate(kbps); err != nil {
		return encode.Frame{}, err
	}
	r := encode.Request{At: now}
	var scaled [damage.MaxRects]image.Rectangle
	var piece []image.Rectangle
	switch t {
	case key:
		l.keyWanted.Store(false)
		l.lastKey, l.keyed = now, true
		r.Key, r.Bytes = true, l.keyBytes()
		scaled[0] = image.Rectangle{Max: l.source.picture.Size()}
		r.Changed = scaled[:1]
		l.begun = true
		l.refining.shown(image.Rectangle{Max: l.refining.size})
		l.dirty.Clear()
	case delta:
		r.Bytes = l.fitting(frameOnLine)
		l.dirty.Align(l.grid(), image.Rectangle{Max: l.refining.size})
		r.Changed = l.scale(scaled[:0], l.dirty.Rects())
		l.refining.shown(l.dirty.Rects()...)
		l.dirty.Clear()
	case refine:
		piece = l.refining.cut(int(l.source.size))
		r.Quality = l.refining.quality
		r.Changed = l.scale(scaled[:0], piece)
	}
	if t != refine {
		l.pace.spend(now)
	}
	f, err := l.encoder.Encode(l.source.picture, r)
	if err != nil {
		return f, fmt.Errorf("%v 1/%d: %w", l.codec, l.source.size, err)
	}
	if t != refine {
		l.refining.load(len(f.Data), kbps, now)
	}
	if t == delta {
		l.pace.took(time.Since(began))
	}
	if t == refine {
		l.refining.sent(piece, int(l.source.size), l.shows, len(f.Data), kbps, time.Since(began), now)
	}
	return f, nil
}

// scale appends rectangles of the display in the layer's own pixels.
func (l *layer) scale(to, rects []image.Rectangle) []image.Rectangle {
	d := int(l.source.size)
	for _, r := range rects {
		to = append(to, image.Rect(r.Min.X/d, r.Min.Y/d, (r.Max.X+d-1)/d, (r.Max.Y+d-1)/d))
	}
	return to
}
