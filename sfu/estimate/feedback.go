package estimate

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtcp"
)

// maxStatuses bounds what one feedback packet may speak of. A browser reports
// every 50 to 250 ms; 50 Mb/s are 1,250 packets in that time.
const maxStatuses = 4096

// ErrFeedback is wrapped by the errors of Feedback.Parse.
var ErrFeedback = errors.New("bad transport-wide feedback")

// Status is what a receiver says about one packet.
type Status struct {
	Sequence uint16 // transport-wide
	Received bool
	// Arrival is on the receiver's clock, whose zero is unknown and which wraps
	// (see Feedback.Wrap). It is meaningless when the packet was not received.
	Arrival time.Duration
}

// Feedback is one transport-wide feedback message. It is meant to be reused.
type Feedback struct {
	Statuses []Status // in order of sequence
}

// Wrap is after what time Arrival starts at zero again: the reference time has
// 24 bits of 64 ms each, 12 days.
const Wrap = (1 << 24) * 64 * time.Millisecond

// Parse reads p, replacing what f held. A message that says more, or less, than
// it promises is an error, and leaves f empty.
//
// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
func (f *Feedback) Parse(p *rtcp.TransportLayerCC) error {
	f.Statuses = f.Statuses[:0]
	if p.PacketStatusCount > maxStatuses {
		return fmt.Errorf("%w: %d packets", ErrFeedback, p.PacketStatusCount)
	}
	r := statusReader{f: f, packet: p, clock: time.Duration(p.ReferenceTime&0xffffff) * 64 * time.Millisecond}
	for _, chunk := range p.PacketChunks {
		if r.complete() {
			break
		}
		if err := r.chunk(chunk); err != nil {
			f.Statuses = f.Statuses[:0]
			return err
		}
	}
	if !r.complete() {
		n := len(f.Statuses)
		f.Statuses = f.Statuses[:0]
		return fmt.Errorf("%w: %d of %d statuses", ErrFeedback, n, p.PacketStatusCount)
	}
	return nil
}

type statusReader struct {
	f      *Feedback
	packet *rtcp.TransportLayerCC
	deltas int // used
	clock  time.Duration
}

func (r *statusReader) complete() bool {
	return len(r.f.Statuses) >= int(r.packet.PacketStatusCount)
}

func (r *statusReader) chunk(chunk rtcp.PacketStatusChunk) error {
	switch c := chunk.(type) {
	case *rtcp.RunLengthChunk:
		for i := uint16(0); i < c.RunLength && !r.complete(); i++ {
			if err := r.add(c.PacketStatusSymbol); err != nil {
				return err
			}
		}
	case *rtcp.StatusVectorChunk:
		for _, symbol := range c.SymbolList {
			if r.complete() {
				break
			}
			if err := r.add(symbol); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%w: chunk of type %T", ErrFeedback, chunk)
	}
	return nil
}

// add appends the next packet's status.
func (r *statusReader) add(symbol uint16) error {
	s := Status{Sequence: r.packet.BaseSequenceNumber + uint16(len(r.f.Statuses))}
	switch symbol {
	case rtcp.TypeTCCPacketReceivedSmallDelta, rtcp.TypeTCCPacketReceivedLargeDelta:
		if r.deltas >= len(r.packet.RecvDeltas) || r.packet.RecvDeltas[r.deltas] == nil {
			return fmt.Errorf("%w: %d deltas for more packets", ErrFeedback, len(r.packet.RecvDeltas))
		}
		r.clock += time.Duration(r.packet.RecvDeltas[r.deltas].Delta) * time.Microsecond
		r.deltas++
		s.Received, s.Arrival = true, r.clock
	case rtcp.TypeTCCPacketNotReceived:
	default:
		return fmt.Errorf("%w: status symbol %d", ErrFeedback, symbol)
	}
	r.f.Statuses = append(r.f.Statuses, s)
	return nil
}
