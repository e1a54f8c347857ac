package capture

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/signaling/client"
)

const (
	never = time.Duration(math.MaxInt64)

	clockRate = 90_000 // RTP ticks per second

	// grabRounds bounds how often a capture goes back for damage that arrived
	// while it grabbed.
	grabRounds = 3

	// leastKbps is what makes a moving picture of a whole desktop at all, and
	// leastHalfKbps of one at half size, in 1,000 bits per second.
	leastKbps, leastHalfKbps = 300, 100

	// staleWait is how long a capture waits after the display refused it.
	staleWait = 10 * time.Millisecond
)

// Options of a Stream. Zero values take the defaults.
type Options struct {
	// Renditions, most preferred first: VP8 in two sizes.
	Renditions []Rendition

	FPS      int // cap of the full layer, frames per second: 60
	HalfFPS  int // cap of the half layer: 15
	Kbps     int // bitrate of the full layer in motion, 1,000 bit/s: 3,500
	HalfKbps int // of the half layer: 800
	Stats    *Stats
	Log      *slog.Logger
}

func (o Options) withDefaults() Options {
	set := func(v *int, otherwise int) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	set(&o.FPS, 60)
	set(&o.HalfFPS, 15)
	set(&o.Kbps, 3500)
	set(&o.HalfKbps, 800)
	if len(o.Renditions) == 0 {
		o.Renditions = Renditions([]codec.Codec{codec.VP8})
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Stats == nil {
		o.Stats = new(Stats)
	}
	return o
}

// fps is the cap of a layer's frame rate, kbps of its bitrate, least what makes
// a moving picture at all, in 1,000 bits per second.
func (o *Options) fps(s Size) int {
	if s == Half {
		return o.HalfFPS
	}
	return o.FPS
}

func (o *Options) kbps(s Size) int {
	if s == Half {
		return o.HalfKbps
	}
	return o.Kbps
}

func (s Size) least() int {
	if s == Half {
		return leastHalfKbps
	}
	return leastKbps
}

// Stats counts what one Stream, or one after the other, has done. Unsent are frames that the sink refused,
// as it does while its transport is down.
type Stats struct {
	Captures, Frames, Keyframes, Refinements, Packets, Bytes, Unsent atomic.Uint64
}

// Stream turns one display into one room's video and cursor. Run does the work;
// the other methods may be called from anywhere.
type Stream struct {
	Stats *Stats

	display *display.Display
	sink    Sink
	opts    Options
	log     *slog.Logger
	sources []*source
	layers  []*layer // the largest first, then as the renditions
	cursor  *cursor
	mark    mark

	exactness exactness

	wake   chan struct{}         // something below changed
	wishes atomic.Pointer[dress] // the latest; nil: none

	start    time.Time
	base     uint32 // RTP timestamp of start
	size     image.Point
	refitted time.Duration // last change of size or scale asked for here
	unfit    string        // why the display is not as that wish wanted it, for people
	changes  display.Changes
	dirty    damage.Region // damaged and not captured
	screen   screen
	fresh    damage.Region // what is new of a tile
	retry    time.Duration // no capture before
	looked   time.Duration // last capture
	damaged  time.Time     // last damage that was heard of
	quiet    time.Duration // last damage that changed something
	send     func(*rtp.Packet) error
	sending  LayerID // layer that send sends on
	tag      []byte
}

// NewStream prepares a stream of d into sink.
func NewStream(d *display.Display, sink Sink, o Options) *Stream {
	o = o.withDefaults()
	s := &Stream{
		display: d, sink: sink, opts: o, log: o.Log, Stats: o.Stats,
		wake:  make(chan struct{}, 1),
		start: time.Now(), base: rand.Uint32(),
	}
	s.sources, s.layers = newSources(&s.opts)
	s.cursor = newCursor(d, sink)
	s.send = s.write
	return s
}

// RequestKeyframe asks for a keyframe of a layer, soon.
func (s *Stream) RequestKeyframe(id LayerID) {
	if l := s.find(id); l != nil {
		l.keyWanted.Store(true)
		s.poke()
	}
}

// SetBitrate gives a layer what its best-connected viewer can take, in bits per
// second: never more than Options say, nor less than makes a picture.
func (s *Stream) SetBitrate(id LayerID, bps float64) {
	l := s.find(id)
	if l == nil {
		return
	}
	most := s.opts.kbps(l.source.size)
	kbps := int(min(bps/1000, float64(most)))
	l.kbps.Store(int32(max(kbps, min(l.source.size.least(), most))))
}

// Welcome tells a newcomer the pointer's shape, and which frame is exact.
func (s *Stream) Welcome(identity string) {
	s.cursor.welcome(identity)
	s.remindExact(identity)
	s.poke()
}

// Injecting notes that input is about to reach the display: the frame that
// answers it will carry a tag.
func (s *Stream) Injecting(generation, sequence uint32) {
	s.mark.set(generation, sequence, time.Now())
	if s.cursor.stir() {
		s.poke()
	}
}

// Run streams until ctx ends, the display is lost (ErrLost) or cannot be
// encoded.
func (s *Stream) Run(ctx context.Context) error {
	defer s.close()
	if err := s.resized(); err != nil {
		return err
	}
	s.changes.Cursor = true
	s.absorb()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := s.step(s.now())
		if err != nil {
			return err
		}
		if wait != never {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.display.Lost():
			return display.ErrLost
		case <-s.display.Changed():
			s.display.Take(&s.changes)
			s.absorb()
		case <-s.wake:
		case <-timer.C:
		}
	}
}

func (s *Stream) close() {
	for _, l := range s.layers {
		l.close()
	}
	for _, c := range s.sources {
		c.close()
	}
}

func (s *Stream) now() time.Duration { return time.Since(s.start) }

func (s *Stream) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// absorb takes in changes: what is damaged, and whether the pointer looks
// otherwise. A changed size is noticed when it matters, in capture.
func (s *Stream) absorb() {
	c := &s.changes
	if c.Cursor {
		s.cursor.reshape(s.log)
	}
	if !c.Damage.Empty() {
		s.dirty.AddRegion(&c.Damage)
		s.damaged = c.Last
	}
	*c = display.Changes{}
}

// step does what is due, and returns when there is something to do next.
func (s *Stream) step(now time.Duration) (time.Duration, error) {
	wait := min(s.cursor.step(now), s.refit(now))
	if s.display.Size() != s.size {
		if err := s.resized(); err != nil {
			return 0, err
		}
	}
	if err := s.attend(); err != nil {
		return 0, err
	}
	if !s.dirty.Empty() && s.captureWait(now) <= 0 {
		if err := s.capture(now); err != nil {
			return 0, err
		}
	}
	// All layers of one capture share its timestamp.
	for _, l := range s.layers {
		task, in := l.due(now, s.quiet)
		if task != nothing && in == 0 {
			if err := s.frame(l, task, now); err != nil {
				return 0, err
			}
			_, in = l.due(s.now(), s.quiet)
		}
		wait = min(wait, in)
	}
	if !s.dirty.Empty() {
		wait = min(wait, s.captureWait(s.now()))
	}
	return wait, nil
}

// resized follows the display's size.
func (s *Stream) resized() error {
	s.size = s.display.Size()
	sizes := sizes{s.size}
	half := sizes.of(Half)
	for _, l := range s.layers {
		l.reset(s.size)
	}
	for _, c := range s.sources {
		if err := c.resize(sizes); err != nil {
			return fmt.Errorf("capture: %v: %w", s.size, err)
		}
	}
	s.screen.reset(s.size)
	s.dirty.Clear()
	s.dirty.Add(image.Rectangle{Max: s.size})
	s.damaged = time.Now()
	s.tellDress()
	err := s.sink.SetDimensions([]client.Layer{
		{RID: Half.rid(), Width: half.X, Height: half.Y}, {RID: Full.rid(), Width: s.size.X, Height: s.size.Y},
	})
	if err != nil {
		s.log.Warn("the room was not told the layers' sizes", "error", err)
	}
	return nil
}
