// Package munge gives one viewer one continuous stream, made of pieces of
// several layers.
//
// A piece is a segment: from a keyframe of a layer to the moment the viewer
// leaves that layer. Within a segment everything moves by constants: sequence
// numbers, timestamps, VP8 counters. So a packet that comes late, or is asked
// for again, maps to the same output as it would have in time, and the way back
// from an output sequence number to the packet needs no table per packet: the
// last few segments are enough.
//
// Where frames are left out on purpose, the segment ends and another begins
// behind them, as if they had never been numbered: the viewer does not take them
// for lost. What really was lost stays a gap.
package munge

import "github.com/easel-live/easel/sfu/packet"

// segments is how many pieces are remembered: what a viewer may still ask to be
// sent again. A stream that frames are left out of has one between any two of
// them, and is remembered for some seconds too. Both are powers of two.
const segments, segmentsThinned = 8, 128

type segment[S comparable] struct {
	source  S
	from    uint64 // index of the first packet
	to      uint64 // index of the last packet mapped
	out     uint64 // output sequence of the first packet, extended
	offset  uint32 // added to timestamps
	firstTS uint32 // timestamp of the first frame, before the offset
	bump    uint32 // added to the first frame's timestamp on top
	shift   packet.Shift
	skipped uint16 // picture ID of the VP8 frame left out before it
	isThin  bool   // a frame was
}

// In is a packet as its layer has it.
type In struct {
	Index     uint64
	Timestamp uint32
	VP8       *packet.VP8 // nil for other codecs
}

// Out is how the viewer gets it.
type Out struct {
	Index     uint64 // Sequence with the times it rolled over before
	Sequence  uint16
	Timestamp uint32
	Shift     packet.Shift // zero: the payload goes as it is
}

// Munger maps packets of several sources onto one stream. S names a source; the
// zero Munger is ready.
type Munger[S comparable] struct {
	segs    []segment[S]
	count   int    // segments begun
	next    uint64 // next output sequence
	lastTS  uint32
	lastVP8 packet.Shift // counters of the newest output frame, absolute
	hasVP8  bool
}

// Started says whether anything was sent.
func (m *Munger[S]) Started() bool { return m.count > 0 }

// Last is the newest output timestamp, and what was added to get it.
func (m *Munger[S]) Last() (timestamp, offset uint32) {
	if m.count == 0 {
		return 0, 0
	}
	return m.lastTS, m.current().offset
}

// Source is where the newest packets come from.
func (m *Munger[S]) Source() (source S) {
	if m.count == 0 {
		return source
	}
	return m.current().source
}

func (m *Munger[S]) current() *segment[S] { return m.back(1) }

// back is the nth newest segment, of those remembered.
func (m *Munger[S]) back(n int) *segment[S] { return &m.segs[(m.count-n)&(len(m.segs)-1)] }

// remember makes room for n segments.
func (m *Munger[S]) remember(n int) {
	if len(m.segs) >= n {
		return
	}
	grown := make([]segment[S], n)
	for i := 1; i <= min(m.count, len(m.segs)); i++ {
		grown[(m.count-i)&(n-1)] = *m.back(i)
	}
	m.segs = grown
}

// Begin starts a segment with a keyframe's first packet, adding offset to
// timestamps. A frame never has the timestamp of the one before it: when the
// new layer's first frame is the same picture as the old layer's last, it is
// put one tick later, and the frames that follow are not.
func (m *Munger[S]) Begin(source S, in In, offset uint32) {
	s := segment[S]{source: source, from: in.Index, to: in.Index, offset: offset, firstTS: in.Timestamp}
	if m.count == 0 {
		// A stream begins in the lower half of the sequence numbers, so that a
		// receiver which misses its first packets need not guess whether they
		// had rolled over (RFC 3711 section 3.3.1).
		m.next = in.Index & 0x7fff
	} else if behind := int32(in.Timestamp + offset - m.lastTS); behind <= 0 {
		s.bump = uint32(1 - behind)
	}
	s.out = m.next
	if d := in.VP8; d != nil && d.Size > 0 && m.hasVP8 {
		s.shift = packet.Shift{
			PictureID: (m.lastVP8.PictureID + 1 - d.PictureID) & 0x7fff,
			TL0PicIdx: m.lastVP8.TL0PicIdx + 1 - d.TL0PicIdx,
			KeyIdx:    (m.lastVP8.KeyIdx + 1 - d.KeyIdx) & 0x1f,
		}
	}
	m.remember(segments)
	m.count++
	*m.current() = s
}

// Drop leaves out a packet that came in its turn: those that follow close up. It
// does nothing for one that came late, whose place is taken, or of a source that
// is not current.
func (m *Munger[S]) Drop(source S, in In) {
	if m.count == 0 || m.current().source != source || in.Index < m.current().from {
		return
	}
	s := m.current()
	if in.Index <= s.to && s.to >= s.from {
		return
	}
	next := *s
	next.from, next.to = in.Index+1, in.Index
	next.out = s.out + in.Index - s.from
	if d := in.VP8; d != nil && d.HasPictureID() && !(s.isThin && s.skipped == d.PictureID) {
		next.shift.PictureID = (s.shift.PictureID - 1) & 0x7fff
		next.skipped, next.isThin = d.PictureID, true
	}
	m.next = max(m.next, next.out) // what was lost before it keeps its place
	if in.Index > s.from || s.to >= s.from {
		s.to = in.Index - 1
		m.remember(segmentsThinned)
		m.count++
	}
	*m.current() = next
}

// Map gives a packet's place in the stream. ok is false when it belongs to no
// segment: it came before the viewer joined its layer, or after it left.
func (m *Munger[S]) Map(source S, in In) (out Out, ok bool) {
	if m.count == 0 {
		return Out{}, false
	}
	s := m.current()
	if s.source == source && in.Index >= s.from {
		if in.Index > s.to {
			s.to = in.Index
		}
		return m.advance(s, in), true
	}
	for i := 2; i <= min(m.count, len(m.segs)); i++ {
		s = m.back(i)
		if s.source == source && in.Index >= s.from && in.Index <= s.to {
			return s.place(in), true
		}
	}
	return Out{}, false
}

func (m *Munger[S]) advance(s *segment[S], in In) Out {
	out := s.place(in)
	if sequence := s.out + in.Index - s.from; sequence >= m.next {
		m.next = sequence + 1
		m.lastTS = out.Timestamp
		if d := in.VP8; d != nil && d.Size > 0 {
			m.hasVP8 = true
			m.lastVP8 = packet.Shift{
				PictureID: (d.PictureID + s.shift.PictureID) & 0x7fff,
				TL0PicIdx: d.TL0PicIdx + s.shift.TL0PicIdx,
				KeyIdx:    (d.KeyIdx + s.shift.KeyIdx) & 0x1f,
			}
		}
	}
	return out
}

func (s *segment[S]) place(in In) Out {
	index := s.out + in.Index - s.from
	out := Out{
		Index:     index,
		Sequence:  uint16(index),
		Timestamp: in.Timestamp + s.offset,
		Shift:     s.shift,
	}
	if in.Timestamp == s.firstTS {
		out.Timestamp += s.bump
	}
	return out
}

// Find is the way back: which packet of which source was sent with this output
// sequence number.
func (m *Munger[S]) Find(sequence uint16) (source S, index uint64, ok bool) {
	if m.count == 0 {
		return source, 0, false
	}
	newest := m.next - 1
	behind := uint64(uint16(newest) - sequence)
	if behind > 1<<15 || behind > newest {
		return source, 0, false
	}
	out := newest - behind
	for i := 1; i <= min(m.count, len(m.segs)); i++ {
		s := m.back(i)
		if out >= s.out {
			index = s.from + out - s.out
			return s.source, index, index <= s.to
		}
	}
	return source, 0, false
}
