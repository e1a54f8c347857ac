package reception

import (
	"time"

	"github.com/pion/rtcp"
)

// Stream is one stream that is received. The zero Stream is not usable: see New.
type Stream struct {
	ssrc uint32
	rate float64 // RTP clock, ticks per second

	started  bool
	first    uint32 // extended sequence number of the first packet
	highest  uint32 // of the newest
	received uint32
	reported struct{ expected, received uint32 } // until the last report

	jitter      float64 // ticks
	lastTime    time.Time
	lastTicks   uint32
	senderNTP   uint32 // middle 32 bits of the last sender report's time
	senderHeard time.Time

	missing missing
}

// New makes a stream with an RTP clock of rate ticks per second.
func New(ssrc, rate uint32) *Stream { return &Stream{ssrc: ssrc, rate: float64(rate)} }

// Packet takes note of a packet that came at now. It says whether packets
// before it are newly missing.
func (s *Stream) Packet(sequence uint16, timestamp uint32, now time.Time) (gap bool) {
	s.received++
	if !s.started {
		s.started = true
		s.first, s.highest = uint32(sequence), uint32(sequence)
		s.lastTime, s.lastTicks = now, timestamp
		return false
	}
	if ahead := int16(sequence - uint16(s.highest)); ahead > 0 {
		for lost := s.highest + uint32(max(1, int(ahead)-maxMissing)); lost != s.highest+uint32(ahead); lost++ {
			s.missing.lack(uint16(lost), now)
		}
		s.highest += uint32(ahead)
		gap = ahead > 1
	} else {
		s.missing.have(sequence)
	}
	spread := now.Sub(s.lastTime).Seconds()*s.rate - float64(int32(timestamp-s.lastTicks))
	s.jitter += (max(spread, -spread) - s.jitter) / 16
	s.lastTime, s.lastTicks = now, timestamp
	return gap
}

// Repaired takes note of a packet that came again, on another stream.
func (s *Stream) Repaired(sequence uint16) { s.missing.have(sequence) }

// SenderReport takes note of a sender report with this NTP time.
func (s *Stream) SenderReport(ntp uint64, now time.Time) {
	s.senderNTP, s.senderHeard = uint32(ntp>>16), now
}

// Report is what to say of the stream, since the last Report where it matters;
// ok is false before anything came.
func (s *Stream) Report(now time.Time) (r rtcp.ReceptionReport, ok bool) {
	if !s.started {
		return r, false
	}
	r = rtcp.ReceptionReport{SSRC: s.ssrc, LastSequenceNumber: s.highest, Jitter: uint32(s.jitter)}
	expected := s.highest - s.first + 1
	if lost := int64(expected) - int64(s.received); lost > 0 {
		r.TotalLost = uint32(min(lost, maxLost))
	}
	due, came := expected-s.reported.expected, s.received-s.reported.received
	if due > came {
		r.FractionLost = uint8(min(256*uint64(due-came)/uint64(due), 255))
	}
	s.reported.expected, s.reported.received = expected, s.received
	if !s.senderHeard.IsZero() {
		r.LastSenderReport = s.senderNTP
		r.Delay = uint32(now.Sub(s.senderHeard).Seconds() * 65536)
	}
	return r, true
}

// maxLost fits the report's 24-bit field.
const maxLost = 1<<23 - 1

// Wanted are the packets to ask for now, in pairs, and when to look again; the
// zero time says that nothing is missing.
func (s *Stream) Wanted(now time.Time) (pairs []rtcp.NackPair, again time.Time) {
	sequences, again := s.missing.due(now)
	return rtcp.NackPairsFromSequenceNumbers(sequences), again
}
