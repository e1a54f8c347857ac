package estimate

import "time"

// remembered is how many sent packets are kept: a second at 20 Mb/s. Feedback
// about older ones is ignored. 2,048 take 48 kB per viewer.
const remembered = 2048

// Packet is one packet that was sent to the viewer.
type Packet struct {
	Sequence uint16 // transport-wide
	Bytes    int    // of the UDP payload, 65,535 at most
	Sent     time.Time
	Probe    uint8 // the ID of the Probe it belongs to, 0 for none
}

type fate uint8

const (
	unknown fate = iota // also: nothing in this slot
	lost
	arrived
)

type sent struct {
	at    time.Duration // since the estimator was made
	index uint32        // extended sequence, from 1<<16
	bytes uint16
	probe uint8
	fate  fate
}

// ack is a packet that arrived, in the form that measurements take.
type ack struct {
	sent    time.Duration // sender's clock
	arrival time.Duration // receiver's clock, unwrapped
	bytes   int
	probe   uint8
}

// history finds sent packets by their sequence number.
type history struct {
	slots  [remembered]sent
	newest uint32 // index; 0: none yet
}

func (h *history) extend(sequence uint16) uint32 {
	if h.newest == 0 {
		return 1<<16 + uint32(sequence)
	}
	return uint32(int64(h.newest) + int64(int16(sequence-uint16(h.newest))))
}

func (h *history) add(p Packet, at time.Duration) {
	index := h.extend(p.Sequence)
	if h.newest != 0 && index <= h.newest {
		return // the sender counts upwards
	}
	h.newest = index
	h.slots[index%remembered] = sent{at: at, index: index, bytes: uint16(p.Bytes), probe: p.Probe}
}

// find returns nil for what was never sent or is forgotten.
func (h *history) find(sequence uint16) *sent {
	index := h.extend(sequence)
	if s := &h.slots[index%remembered]; h.newest != 0 && s.index == index {
		return s
	}
	return nil
}
