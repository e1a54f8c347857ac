package capture

import (
	"sync/atomic"

	"github.com/easel-live/easel/wire"
)

// exactness remembers which frame was the last to show the display's very
// pixels, for those who come later.
type exactness struct{ last atomic.Uint64 }

const known = 1 << 32

// tellExact tells everybody that a frame shows the display's very pixels. A
// frame after it does not, until this is told again.
func (s *Stream) tellExact(timestamp uint32) {
	s.exactness.last.Store(known | uint64(timestamp))
	s.sendExact(timestamp)
}

// remindExact tells one who was not there.
func (s *Stream) remindExact(identity string) {
	if last := s.exactness.last.Load(); last&known != 0 {
		s.sendExact(uint32(last), identity)
	}
}

func (s *Stream) sendExact(timestamp uint32, to ...string) {
	// Who does not hear of it sees the same pixels without the mark.
	_ = s.sink.PublishData(wire.TopicExact, wire.AppendExact(nil, &wire.Exact{RTPTimestamp: timestamp}), true, to...)
}
