package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/ring"
)

// Retransmission to one viewer is bounded: a path that loses everything must
// not be given everything twice.
const (
	resendRate     = 1000 // packets per second
	resendBurst    = 500  // packets
	resendSpacing  = 20 * time.Millisecond
	maxSpacing     = 250 * time.Millisecond
	resendsTracked = 512            // sequence numbers, a power of two
	maxWanted      = 512            // requests that wait for the shard
	askRate        = 2 * resendRate // requests considered per second
	askBurst       = 2 * resendBurst
)

// rtxStream is where retransmissions go (RFC 4588); a zero ssrc, or no payload
// type for the codec, means the viewer did not negotiate it, and they go in the
// stream itself.
type rtxStream struct {
	ssrc  uint32
	index uint64 // sequence number of the next packet, with roll-overs
}

// resends remembers when sequence numbers were last sent again.
type resends struct {
	sent [resendsTracked]struct {
		sequence uint16
		at       time.Time
	}
	budget float64
	filled time.Time
}

// allow says whether a packet may be sent again now: not while the previous
// copy can still be under way, and within the budget.
func (r *resends) allow(sequence uint16, now time.Time, spacing time.Duration) bool {
	r.budget = min(resendBurst, r.budget+now.Sub(r.filled).Seconds()*resendRate)
	r.filled = now
	s := &r.sent[sequence%resendsTracked]
	if r.budget < 1 || s.sequence == sequence && now.Sub(s.at) < spacing {
		return false
	}
	r.budget--
	s.sequence, s.at = sequence, now
	return true
}

// want takes note of what a NACK asks for; the shard answers.
func (d *downTrack) want(pairs []rtcp.NackPair) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isReady || !d.isPlaying {
		return
	}
	now := time.Now()
	for i := range pairs {
		passes := true
		pairs[i].Range(func(sequence uint16) bool {
			if passes = len(d.wanted) < maxWanted && d.asks.take(now, askRate, askBurst); passes {
				d.count.nacks.Add(1)
				d.wanted = append(d.wanted, sequence)
			}
			return passes
		})
		if !passes {
			d.count.nacksOver.Add(1)
			break
		}
	}
	if len(d.wanted) > 0 {
		d.wake()
	}
}

// resend answers what was asked for from the ring, no faster than the path is
// thought to carry: a thin line would be filled with what it lost. The caller
// holds d.mu.
func (d *downTrack) resend(now time.Time) {
	if len(d.wanted) == 0 {
		return
	}
	if d.again == nil {
		d.again = &resends{budget: resendBurst, filled: now}
	}
	spacing := min(max(d.roundTrip, resendSpacing), maxSpacing)
	for _, sequence := range d.wanted {
		l, index, ok := d.munger.Find(sequence)
		if !ok || d.isPast(l, index) {
			continue
		}
		if !d.path.open(now) {
			break // it will be asked for again
		}
		l.ring.RLock()
		if p := l.ring.At(index); p != nil && d.again.allow(sequence, now, spacing) {
			d.writeAgain(l, p, 0)
		}
		l.ring.RUnlock()
	}
	d.wanted = d.wanted[:0]
}

// isPast says whether a packet came before the keyframe that the viewer was given
// last: it would take the line from the picture that replaces it. The caller
// holds d.mu.
func (d *downTrack) isPast(l *layer, index uint64) bool {
	return d.current != nil && (l != d.current || index < d.began)
}

// writeAgain sends a packet a second time and returns its payload's size, 0
// when it could not be sent. The caller holds d.mu and l's ring.
func (d *downTrack) writeAgain(l *layer, p *ring.Packet, probe uint8) int {
	out, ok := d.munger.Map(l, munge.In{Index: p.Index, Timestamp: p.Timestamp, VP8: &p.VP8})
	if !ok {
		return 0
	}
	d.dress(p)
	header := d.header
	header.Timestamp, header.Marker, header.SequenceNumber = out.Timestamp, d.endsPicture(p), out.Sequence
	index := out.Index
	payload := d.scratch[:0]
	format := d.formats[l.rendition]
	header.PayloadType = format.payloadType
	if d.rtx.ssrc != 0 && format.rtx != 0 {
		header, index = rtxHeader(header, &d.rtx, format.rtx)
		payload = binary.BigEndian.AppendUint16(payload, out.Sequence)
	}
	start := len(payload)
	payload = append(payload, p.Payload...)
	if out.Shift != (packet.Shift{}) && p.VP8.Size > 0 {
		p.VP8.Patch(payload[start:], out.Shift)
	}
	d.scratch = payload
	d.depart(len(payload), probe)
	if err := d.writer.write(&header, index, payload); err != nil {
		d.count.writeErrors.Add(1)
		return 0
	}
	if probe == 0 {
		d.count.retransmits.Add(1)
	}
	return len(payload)
}

func rtxHeader(h rtp.Header, x *rtxStream, payloadType uint8) (header rtp.Header, index uint64) {
	index = x.index
	x.index++
	h.SSRC, h.PayloadType, h.SequenceNumber = x.ssrc, payloadType, uint16(index)
	return h, index
}
