package sfu

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/depend"
	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/reception"
)

// repairPoll is how often a retransmission is looked for while packets are
// missing and nothing new comes: pion hands RTX packets out only with a read.
const repairPoll = 10 * time.Millisecond

// repairPatience is after how many polls missing packets are given up.
const repairPatience = 50

// uplink reads one RTP stream of a publisher into the layer it belongs to at
// the moment. It lives as long as the stream; a track that is withdrawn leaves
// it without a layer, and one that takes the section over gets it.
type uplink struct {
	peer  *Peer
	track *webrtc.TrackRemote
	recv  *webrtc.RTPReceiver
	mid   string
	rid   string
	ssrc  uint32
	layer atomic.Pointer[layer]

	// Identifiers of header extensions; 0: not negotiated.
	colour    uint8 // color space
	transport uint8 // transport-wide sequence number
	describes uint8 // dependency descriptor

	mu     sync.Mutex // packets come by two ways
	stream *reception.Stream
	steps  depend.Reader
	asking *time.Timer // for what is missing; nil: nothing is
}

// take passes on an RTP packet of the stream, or one that came again on the
// stream of repairs; false when it is none.
func (u *uplink) take(b []byte, isRepair bool, now time.Time) bool {
	p, err := packet.ParseRTP(b)
	if err != nil {
		u.peer.engine.count.malformed.Add(1)
		return false
	}
	if p.Marker && u.colour != 0 {
		p.Colour, _ = packet.Extension(b, u.colour)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.peer.congestion.note(u, b, now)
	if isRepair {
		u.stream.Repaired(p.Sequence)
	} else if u.stream.Packet(p.Sequence, p.Timestamp, now) {
		u.ask(now)
	}
	l := u.layer.Load()
	if u.describes != 0 {
		u.describe(&p, b, l)
	}
	if l != nil {
		l.receive(&p, len(b), now)
	}
	return true
}

// readRTP takes what comes by pion: everything when the peer is not heard
// before pion's layers, else what was received before it was, and repairs.
func (u *uplink) readRTP() {
	buf := make([]byte, receiveMTU)
	polls, hasDeadline := 0, false
	for {
		n, attributes, err := u.track.Read(buf)
		if err != nil {
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() {
				return
			}
			polls++
			hasDeadline = true // not necessarily by pace: see askAgain
		} else if u.take(buf[:n], attributes.Get(webrtc.AttributeRtxPayloadType) != nil, time.Now()) {
			polls = 0
		}
		hasDeadline = u.pace(&polls, hasDeadline)
		select {
		case <-u.peer.done:
			return
		default:
		}
	}
}

// interrupt ends the reads under way once the peer is done: pion forgets to
// when a renegotiation replaced the receiver.
func (u *uplink) interrupt() {
	now := time.Now()
	u.mu.Lock()
	if u.asking != nil {
		u.asking.Stop()
	}
	u.mu.Unlock()
	_ = u.track.SetReadDeadline(now)
	if u.rid != "" {
		_ = u.recv.SetReadDeadlineSimulcast(now, u.rid)
		return
	}
	_ = u.recv.SetReadDeadline(now)
}

// pace sets a read deadline while packets are missing and clears it otherwise.
func (u *uplink) pace(polls *int, hasDeadline bool) bool {
	l := u.layer.Load()
	waits := u.track.HasRTX() && l != nil && l.ring.Missing() > 0
	if waits && *polls >= repairPatience {
		l.ring.Forgive()
		waits = false
	}
	switch {
	case waits:
		_ = u.track.SetReadDeadline(time.Now().Add(repairPoll))
	case hasDeadline:
		*polls = 0
		_ = u.track.SetReadDeadline(time.Time{})
	}
	return waits
}

// readRTCP takes the publisher's sender reports, for aligning layers and for our
// own reports.
func (u *uplink) readRTCP() {
	for {
		var packets []rtcp.Packet
		var err error
		if u.rid != "" {
			packets, _, err = u.recv.ReadSimulcastRTCP(u.rid)
		} else {
			packets, _, err = u.recv.ReadRTCP()
		}
		if err != nil {
			return
		}
		for _, p := range packets {
			if report, ok := p.(*rtcp.SenderReport); ok && report.SSRC == u.ssrc {
				u.mu.Lock()
				u.stream.SenderReport(report.NTPTime, time.Now())
				u.mu.Unlock()
				if l := u.layer.Load(); l != nil {
					l.clock.Store(&munge.Clock{RTP: report.RTPTime, Wall: fromNTP(report.NTPTime)})
				}
			}
		}
	}
}

func (u *uplink) writeRTCP(p rtcp.Packet) {
	if err := u.peer.up.pc.WriteRTCP([]rtcp.Packet{p}); err != nil {
		u.peer.log.Debug("request to publisher not sent", "err", err)
	}
}

// ntpEpoch is the Unix time of NTP's zero, in seconds.
const ntpEpoch = -2208988800

func fromNTP(t uint64) time.Time {
	seconds := int64(t>>32) + ntpEpoch
	return time.Unix(seconds, int64((t&0xffffffff)*1e9>>32))
}

func toNTP(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/1e9
}
