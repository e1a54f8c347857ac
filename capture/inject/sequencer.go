package inject

import "github.com/easel-live/easel/wire"

const (
	// maxHeld bounds how many packets wait for a reliable event. A fast mouse
	// makes one in 4 ms: this is a second of a retransmission.
	maxHeld = 256
	// A sender's reliable packets come in order. When this many wait for an
	// event, it is not coming any more.
	maxHeldReliable = 4
	// After joining a stream halfway, this many packets of moves that wait for
	// an event mean that it went by before.
	maxHeldJoining = 8
)

// Stamp says which event one is, and when it was made.
type Stamp struct {
	Generation, Sequence uint32
	Sent                 uint32 // by the sender's clock, see wire.Input.Time
}

// Sequencer puts the packets of the lossy and the reliable channel back into
// one order and applies each event at most once:
//
//   - reliable events are applied exactly once and in order;
//   - a move is never applied before a reliable event that preceded it, nor
//     after one that followed it;
//   - moves may be left out, when their packet was lost or late;
//   - of an older lease generation nothing is applied, and a newer one starts
//     with everything released.
//
// A reliable event can only be missing if somebody on the way dropped it. Then
// everything is released and the stream goes on behind the gap: a lost click is
// better than a hand that does nothing any more.
//
// It is a pure state machine in bounded memory.
type Sequencer struct {
	apply      func(at Stamp, e *wire.Event)
	generation uint32
	applied    uint32 // last event applied or left out
	reliable   uint32 // last reliable event applied
	joining    bool   // events before the first packet may have gone elsewhere
	held       [maxHeld]wire.Input
	n          int // packets in held

	// Dropped counts packets of older generations, Resynced the gaps given up.
	Dropped, Resynced uint64
}

// NewSequencer calls apply for each event in its order. A ReleaseAll with
// sequence 0 is the sequencer's own.
func NewSequencer(apply func(at Stamp, e *wire.Event)) *Sequencer {
	return &Sequencer{apply: apply, joining: true}
}

// Generation is the greatest lease generation seen.
func (s *Sequencer) Generation() uint32 { return s.generation }

// Fence says that generation is current: a greater one than before releases
// everything and ends what came before it.
func (s *Sequencer) Fence(generation uint32) {
	if generation <= s.generation {
		return
	}
	// The generation that is current when the first word of one arrives may
	// have been used for a while; a later one starts before our eyes.
	joining := s.generation == 0 && s.joining
	s.Rejoin()
	s.generation, s.joining = generation, joining
}

// Rejoin releases everything, and expects the generation's stream to go on
// anywhere, or from its start: its sender was lost, and with them maybe some
// events.
func (s *Sequencer) Rejoin() {
	s.release()
	s.n = 0
	s.applied, s.reliable = 0, 0
	s.joining = true
}

// Reset releases everything and forgets the generation: another room, or the
// same one on a server that counts anew, comes next.
func (s *Sequencer) Reset() {
	s.Rejoin()
	s.generation = 0
}

// Accept takes one packet, which it does not keep.
func (s *Sequencer) Accept(in *wire.Input) {
	if in.Generation < s.generation {
		s.Dropped++
		return
	}
	s.Fence(in.Generation)
	if s.stale(in) {
		return
	}
	if in.Barrier > s.reliable {
		s.hold(in)
		return
	}
	s.joining = false
	s.run(in)
	s.runHeld()
}

func last(in *wire.Input) uint32 { return in.First + uint32(len(in.Events)) - 1 }

func (s *Sequencer) stale(in *wire.Input) bool { return last(in) <= s.applied }

// run applies what is new in a packet whose barrier has been reached.
func (s *Sequencer) run(in *wire.Input) {
	sent := in.Time
	for i := range in.Events {
		sequence, e := in.First+uint32(i), &in.Events[i]
		sent += uint32(e.Delay)
		if sequence <= s.applied {
			continue
		}
		s.applied = sequence
		if e.Kind.Reliable() {
			s.reliable = sequence
		}
		s.apply(Stamp{s.generation, sequence, sent}, e)
	}
}

// runHeld applies the waiting packets whose barrier has been reached, earliest
// first.
func (s *Sequencer) runHeld() {
	for {
		ready := -1
		for i := 0; i < s.n; {
			in := &s.held[i]
			if s.stale(in) {
				s.remove(i)
				ready = -1
				i = 0
				continue
			}
			if in.Barrier <= s.reliable && (ready < 0 || in.First < s.held[ready].First) {
				ready = i
			}
			i++
		}
		if ready < 0 {
			return
		}
		s.run(&s.held[ready])
		s.remove(ready)
	}
}

// hold keeps a copy of a packet until its barrier is reached.
func (s *Sequencer) hold(in *wire.Input) {
	if s.n == maxHeld && !s.dropMoves() {
		s.resync()
	}
	h := &s.held[s.n]
	events := append(h.Events[:0], in.Events...)
	*h = *in
	h.Events = events
	s.n++

	reliable := 0
	for i := range s.held[:s.n] {
		if hasReliable(&s.held[i]) {
			reliable++
		}
	}
	if reliable >= maxHeldReliable || s.joining && (reliable > 0 || s.n >= maxHeldJoining) {
		s.resync()
	}
}

// resync goes on behind events that are not coming any more.
func (s *Sequencer) resync() {
	if !s.joining {
		s.Resynced++
		s.release()
	}
	s.joining = false
	for s.n > 0 {
		first := 0
		for i := range s.held[:s.n] {
			if s.held[i].First < s.held[first].First {
				first = i
			}
		}
		s.reliable = max(s.reliable, s.held[first].Barrier)
		s.run(&s.held[first])
		s.remove(first)
	}
}

// dropMoves makes room by leaving out the earliest packet that only has moves.
func (s *Sequencer) dropMoves() bool {
	first := -1
	for i := range s.held[:s.n] {
		if !hasReliable(&s.held[i]) && (first < 0 || s.held[i].First < s.held[first].First) {
			first = i
		}
	}
	if first >= 0 {
		s.remove(first)
	}
	return first >= 0
}

// remove frees a place, keeping its memory for the next packet.
func (s *Sequencer) remove(i int) {
	s.n--
	s.held[i], s.held[s.n] = s.held[s.n], s.held[i]
}

func (s *Sequencer) release() {
	s.apply(Stamp{Generation: s.generation}, &wire.Event{Kind: wire.ReleaseAll})
}

func hasReliable(in *wire.Input) bool {
	for i := range in.Events {
		if in.Events[i].Kind.Reliable() {
			return true
		}
	}
	return false
}
