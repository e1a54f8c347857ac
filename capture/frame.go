package capture

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/wire"
)

// capture grabs and converts what is damaged, including what is heard of
// meanwhile, and hands it to the layers.
func (s *Stream) capture(now time.Duration) error {
	bounds := image.Rectangle{Max: s.size}
	for range grabRounds {
		s.dirty.Clip(bounds)
		s.dirty.Align(encode.Grid, bounds)
		tiles, err := s.display.Grab(&s.dirty)
		switch {
		case errors.Is(err, display.ErrStale):
			// The size is changing: the next step will see the new one.
			s.retry = now + staleWait
			return nil
		case err != nil:
			return fmt.Errorf("capture: %w", err)
		}
		for i := range tiles {
			t := &tiles[i]
			if err := s.layers[FullLayer].picture.Update(t.Pix, t.Stride(), t.Rect); err != nil {
				return fmt.Errorf("capture: %w", err)
			}
			for _, l := range s.layers {
				l.captured(t.Rect)
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

// frame encodes and sends one frame of a layer. An encoder that fails is
// replaced, and its successor starts with a keyframe.
func (s *Stream) frame(l *layer, t task, at time.Duration) error {
	captured := time.Now()
	if l.divisor == 2 {
		if err := s.halve(l); err != nil {
			return err
		}
	}
	f, err := l.encode(t, at)
	if err != nil {
		if l.failures++; l.failures > maxFailures {
			return fmt.Errorf("capture: %w", err)
		}
		s.log.Error("encoder failed, starting another", "error", err)
		if err := l.restart(); err != nil {
			return fmt.Errorf("capture: %w", err)
		}
		return nil
	}
	l.failures = 0
	timestamp := s.base + uint32(at.Microseconds()*clockRate/1_000_000)
	s.sending = l.index
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
	} else if l == s.best() {
		s.answer(timestamp, captured)
	}
	return nil
}

// halve brings the half picture up to date.
func (s *Stream) halve(l *layer) error {
	for _, r := range l.dirty.Rects() {
		if err := l.picture.Halve(s.layers[FullLayer].picture, r); err != nil {
			return fmt.Errorf("capture: %w", err)
		}
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
