package sfu

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"github.com/easel-live/easel/sfu/packet"
)

// reportTicks are the room's ticks between two receiver reports: a second.
const reportTicks = 10

// congestion records when a publisher's packets came, whichever stream they are
// of, for transport-wide feedback.
type congestion struct {
	mu       sync.Mutex
	recorder *twcc.Recorder // made by the first numbered packet
	pending  bool           // something came since the last feedback
	began    time.Time
	ticks    int
}

// receiverSSRC names us in what we report; nobody sends us anything by it.
const receiverSSRC = 1

// note records a packet if it carries a transport-wide number.
func (c *congestion) note(u *uplink, b []byte, now time.Time) {
	if u.transport == 0 {
		return
	}
	number, ok := packet.Extension(b, u.transport)
	if !ok || len(number) < 2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recorder == nil {
		c.recorder, c.began = twcc.NewRecorder(receiverSSRC), now
	}
	c.recorder.Record(u.ssrc, binary.BigEndian.Uint16(number), now.Sub(c.began).Microseconds())
	c.pending = true
}

// feedback is what to say of the packets since the last one.
func (c *congestion) feedback() []rtcp.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pending {
		return nil
	}
	c.pending = false
	return c.recorder.BuildFeedbackPacket()
}

// acknowledge tells a publisher, every tick of the room, what came: pion's
// interceptors would take three goroutines and a clock each, and have to be in
// the way of every packet.
func (p *Peer) acknowledge(now time.Time) {
	p.mu.Lock()
	uplinks := slices.Clone(p.uplinks)
	p.mu.Unlock()
	if len(uplinks) == 0 {
		return
	}
	packets := p.congestion.feedback()
	if p.congestion.ticks++; p.congestion.ticks%reportTicks == 0 {
		report := &rtcp.ReceiverReport{SSRC: receiverSSRC}
		for _, u := range uplinks {
			p.hearStream(u) // its stream of repairs may have become known
			u.mu.Lock()
			if r, ok := u.stream.Report(now); ok {
				report.Reports = append(report.Reports, r)
			}
			u.mu.Unlock()
		}
		packets = append(packets, report)
	}
	if len(packets) == 0 {
		return
	}
	if err := p.up.pc.WriteRTCP(packets); err != nil {
		p.log.Debug("reports to publisher not sent", "err", err)
	}
}

// ask sees to it that missing packets are asked for. The caller holds u.mu.
func (u *uplink) ask(now time.Time) {
	if _, again := u.stream.Wanted(now); u.asking == nil && !again.IsZero() {
		u.asking = time.AfterFunc(again.Sub(now), u.askAgain)
	}
}

// askAgain asks for what is missing until nothing is.
func (u *uplink) askAgain() {
	now := time.Now()
	u.mu.Lock()
	pairs, again := u.stream.Wanted(now)
	if again.IsZero() || u.peer.isDone() {
		u.asking = nil
	} else {
		u.asking.Reset(again.Sub(now))
	}
	u.mu.Unlock()
	if len(pairs) > 0 {
		_ = u.track.SetReadDeadline(now) // repairs that are pion's come only with a read: see pace
		u.writeRTCP(&rtcp.TransportLayerNack{SenderSSRC: receiverSSRC, MediaSSRC: u.ssrc, Nacks: pairs})
	}
}
