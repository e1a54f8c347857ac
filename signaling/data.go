package signaling

import (
	"iter"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// ownTopics is the prefix of the topics that have rules of their own.
const ownTopics = "easel."

// dataState is what the data path keeps per sender. Packets come by data channel
// and, of somebody at a window, in words: the lock takes them one at a time.
type dataState struct {
	mu             sync.Mutex
	packets, bytes *rate.Limiter
	presence       *rate.Limiter
	speech         speech
	commands       *rate.Limiter // about control of the canvas
	input          wire.Input    // reused for decoding
}

// commandBurst is how many seconds' worth of commands may come at once.
const commandBurst = 5

// rateBurst is how many seconds' worth of data may come at once.
const rateBurst = 2

func (d *dataState) limit(l Limits) {
	d.packets = rate.NewLimiter(rate.Limit(l.DataRate), int(l.DataRate*rateBurst))
	d.bytes = rate.NewLimiter(rate.Limit(l.DataByteRate), int(l.DataByteRate*rateBurst))
	d.presence = rate.NewLimiter(presenceRate, presenceBurst)
	d.commands = rate.NewLimiter(rate.Limit(l.CommandRate), int(l.CommandRate*commandBurst))
}

// onData decides about one packet from p's client and passes it on, without
// ever waiting for a receiver.
func (p *participant) onData(kind sfu.DataKind, raw []byte) {
	s := p.room.server
	s.metrics.data.WithLabelValues("in").Inc()
	now := time.Now()
	p.data.mu.Lock()
	defer p.data.mu.Unlock()
	switch {
	case len(raw) > s.cfg.Limits.DataBytes:
		p.drop("oversize")
		return
	case !p.claims.Data:
		p.drop("not_allowed")
		return
	case !p.data.packets.AllowN(now, 1) || !p.data.bytes.AllowN(now, len(raw)):
		p.drop("rate")
		return
	}
	packet, err := peek(raw)
	if err != nil {
		p.drop("malformed")
		p.log.Debug("data packet refused", "error", err)
		return
	}
	switch {
	case packet.value == 0 || packet.value == fieldSpeaker:
		p.drop("not_allowed")
	case strings.HasPrefix(string(packet.topic), ownTopics):
		p.onOwnTopic(kind, raw, &packet)
	case packet.stream != nil:
		p.onStream(kind, raw, &packet)
	default:
		p.forward(kind, raw, &packet)
	}
}

// onOwnTopic keeps the rules of package wire's topics.
func (p *participant) onOwnTopic(kind sfu.DataKind, raw []byte, packet *packet) {
	switch string(packet.topic) {
	case wire.TopicInput:
		p.onInput(kind, raw, packet.payload)
	case wire.TopicFrame, wire.TopicExact, wire.TopicCursor:
		if p.claims.Role != room.Agent {
			p.drop("not_allowed")
			return
		}
		p.forward(kind, raw, packet)
	case wire.TopicControl:
		p.onControl(packet.payload)
	case wire.TopicClipboard:
		p.onClipboard(raw, packet)
	case wire.TopicPointer:
		p.onPresence(kind, raw, packet)
	default:
		p.drop("unknown_topic")
	}
}

// onInput lets the lease holder's hand through to the agent, and nobody else's.
func (p *participant) onInput(kind sfu.DataKind, raw, payload []byte) {
	refused := p.room.server.metrics.refused
	if err := wire.DecodeInput(payload, &p.data.input); err != nil {
		refused.WithLabelValues("malformed").Inc()
		p.log.Debug("input refused", "error", err)
		return
	}
	agent := p.room.roster.Load().agent
	if agent == nil {
		refused.WithLabelValues("no_agent").Inc()
		return
	}
	if p.admit(&p.data.input) == nil {
		agent.sendData(kind, stamp(raw, kind, p.claims.Identity, p.sid))
	}
}

// forward passes a packet on to its destinations, or to everyone but p.
func (p *participant) forward(kind sfu.DataKind, raw []byte, packet *packet) {
	stamped := stamp(raw, kind, p.claims.Identity, p.sid)
	for q := range p.receivers(packet.destinations) {
		q.sendData(kind, stamped)
	}
}

// receivers are who a packet of p's reaches: those it names, or all; never p.
func (p *participant) receivers(destinations [][]byte) iter.Seq[*participant] {
	return func(yield func(*participant) bool) {
		roster := p.room.roster.Load()
		if len(destinations) == 0 {
			for _, q := range roster.all {
				if q != p && !yield(q) {
					return
				}
			}
			return
		}
		for _, identity := range destinations {
			if q := roster.byIdentity[string(identity)]; q != nil && q != p && !yield(q) {
				return
			}
		}
	}
}

// sendData queues a packet on the participant's data channel.
func (p *participant) sendData(kind sfu.DataKind, raw []byte) {
	if v := p.visit.Load(); v != nil {
		p.sendAtWindow(v, kind, raw)
		return
	}
	peer := p.media.peer.Load()
	if peer == nil || len(raw) == 0 {
		return
	}
	if err := peer.Send(kind, raw); err != nil {
		p.drop("receiver")
		p.log.Debug("data packet not delivered", "error", err)
		return
	}
	p.room.server.metrics.data.WithLabelValues("out").Inc()
}

func (p *participant) drop(reason string) {
	p.room.server.metrics.dropped.WithLabelValues(reason).Inc()
}
