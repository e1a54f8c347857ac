package capture

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/wire"
)

// EncoderError says that a codec's encoder fails, whatever is tried.
type EncoderError struct {
	Codec codec.Codec
	Err   error
}

// Error implements error.
func (e *EncoderError) Error() string { return fmt.Sprintf("capture: %v: %v", e.Codec, e.Err) }

// Unwrap is the encoder's own word.
func (e *EncoderError) Unwrap() error { return e.Err }

// capture grabs and converts what is damaged, including what is heard of
// meanwhile, and hands it to the layers. At a glance it is only what is around
// the pointer; all of it is still to be captured then.
func (s *Stream) capture(now time.Duration) error {
	bounds := image.Rectangle{Max: s.size}
	around, glance := s.glance(now)
	s.looked = now
	if glance {
		var part damage.Region
		part.Add(around.Intersect(bounds))
		part.Align(encode.Grid, bounds)
		s.retry = now + lead
		_, err := s.grab(&part, now)
		return err
	}
	for range grabRounds {
		s.dirty.Clip(bounds)
		s.dirty.Align(encode.Grid, bounds)
		if ok, err := s.grab(&s.dirty, now); !ok {
			return err
		}
		for _, c := range s.sources {
			if c.used && c.from == nil {
				c.stale.Clear() // all of it was among what was damaged
			}
		}
		s.dirty.Clear()
		s.Stats.Captures.Add(1)
		select {
		case <-s.display.Changed():
			s.display.Take(&s.changes)
			s.absorb()
		default:
			return nil
		}
		if s.dirty.Empty() || s.display.Size() != s.size {
			return nil
		}
	}
	return nil
}

// grab takes in the pixels of a region. Without them, and without an error, the
// display's size is changing: the next step will see the new one.
func (s *Stream) grab(region *damage.Region, now time.Duration) (ok bool, err error) {
	tiles, err := s.display.Grab(region)
	switch {
	case errors.Is(err, display.ErrStale):
		s.retry = now + staleWait
		return false, nil
	case err != nil:
		return false, fmt.Errorf("capture: %w", err)
	}
	for i := range tiles {
		if err := s.captured(&tiles[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// captured hands on what is new of a tile.
func (s *Stream) captured(t *display.Tile) error {
	s.fresh.Clear()
	s.screen.take(t, &s.fresh)
	for _, c := range s.sources {
		if err := c.captured(t, &s.fresh); err != nil {
			return err
		}
	}
	if s.fresh.Empty() {
		return nil
	}
	s.quiet = s.damaged.Sub(s.start)
	for _, l := range s.layers {
		l.dirty.AddRegion(&s.fresh)
	}
	return nil
}

// frame encodes and sends one frame of a layer. An encoder that fails is
// replaced, and its successor starts with a keyframe.
func (s *Stream) frame(l *layer, t task, at time.Duration) error {
	captured := time.Now()
	if t == refine {
		if !l.refining.sift(l.shows) {
			if l.isExact() {
				s.tellExact(l.last)
			}
			return nil
		}
		// A moment of its own: no other layer's frame has this timestamp.
		at = s.now()
	}
	if err := l.source.refresh(); err != nil {
		return err
	}
	f, err := l.encode(t, at)
	if err != nil {
		if l.failures++; l.failures > maxFailures {
			return &EncoderError{l.codec, err}
		}
		s.log.Error("encoder failed, starting another", "error", err)
		if err := l.restart(); err != nil {
			return &EncoderError{l.codec, err}
		}
		return nil
	}
	l.failures = 0
	timestamp := s.base + uint32(at.Microseconds()*clockRate/1_000_000)
	s.sending, l.last = l.id, timestamp
	if err := l.packets.Packets(f.Data, timestamp, s.send); err != nil {
		s.Stats.Unsent.Add(1)
	}
	s.Stats.Frames.Add(1)
	s.Stats.Bytes.Add(uint64(len(f.Data)))
	if f.Key {
		s.Stats.Keyframes.Add(1)
	}
	if t == refine {
		s.Stats.Refinements.Add(1)
		if l.isExact() {
			s.tellExact(timestamp)
		}
	} else if l == s.best() {
		s.answer(timestamp, captured)
	}
	return nil
}

// answer tags a frame if it is the first to show damage from after an input.
func (s *Stream) answer(timestamp uint32, captured time.Time) {
	m, ok := s.mark.take(s.damaged)
	if !ok {
		return
	}
	s.tag = wire.AppendFrameTag(s.tag[:0], &wire.FrameTag{
		RTPTimestamp: timestamp, Generation: m.generation, Sequence: m.sequence,
		Injected: m.at.UnixMicro(), Captured: captured.UnixMicro(), Encoded: time.Now().UnixMicro(),
	})
	// Lossy: a lost tag is one measurement less.
	_ = s.sink.PublishData(wire.TopicFrame, s.tag, false)
}

func (s *Stream) write(p *rtp.Packet) error {
	s.Stats.Packets.Add(1)
	return s.sink.WriteRTP(s.sending, p)
}
