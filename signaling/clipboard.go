package signaling

import (
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// onClipboard keeps the clipboard's policy. Into the session goes only what the
// lease holder copies: pasting is drawing. Out of it may copy whoever could
// draw: a viewer was invited to watch, not to take files home. A refusal goes
// back with its reason, and what is let through goes to the agent, or from it,
// and to nobody else.
func (p *participant) onClipboard(raw []byte, packet *packet) {
	m, err := wire.DecodeClipboard(packet.payload)
	if err != nil {
		p.drop("malformed")
		p.log.Debug("clipboard message refused", "error", err)
		return
	}
	roster := p.room.roster.Load()
	if p.claims.Role == room.Agent {
		p.forwardCopy(raw, packet, roster)
		return
	}
	switch reason := p.clipboardReason(m.Kind); {
	case reason != "":
		p.refuseCopy(m, wire.ReasonNotAllowed, reason)
	case roster.agent == nil:
		p.refuseCopy(m, wire.ReasonGone, "the canvas is not here just now")
	default:
		roster.agent.sendData(sfu.Reliable, stamp(raw, sfu.Reliable, p.claims.Identity, p.sid))
	}
}

// clipboardReason says why p may not send a message of a kind; empty: they may.
func (p *participant) clipboardReason(k wire.ClipboardKind) string {
	switch {
	case !p.role().MayControl() && isPaste(k):
		return "you are viewing only and cannot paste"
	case !p.role().MayControl():
		return "you are viewing only and cannot copy from the canvas"
	case isPaste(k) && p.room.arbiter.Lease().Holder != p.claims.Identity:
		return "only who draws can paste"
	default:
		return ""
	}
}

// isPaste says whether a person's message is about what they offer.
func isPaste(k wire.ClipboardKind) bool {
	return k == wire.ClipboardOffer || k == wire.ClipboardChunk
}

// forwardCopy passes on what the agent says, to those who may copy.
func (p *participant) forwardCopy(raw []byte, packet *packet, roster *roster) {
	stamped := stamp(raw, sfu.Reliable, p.claims.Identity, p.sid)
	if len(packet.destinations) == 0 {
		for _, q := range roster.all {
			if q != p && q.role().MayControl() {
				q.sendData(sfu.Reliable, stamped)
			}
		}
		return
	}
	for _, identity := range packet.destinations {
		if q := roster.byIdentity[string(identity)]; q != nil && q.role().MayControl() {
			q.sendData(sfu.Reliable, stamped)
		}
	}
}

// refuseCopy answers a message with a refusal, unless it was one.
func (p *participant) refuseCopy(m *wire.Clipboard, why wire.Reason, text string) {
	p.drop("not_allowed")
	answer := wire.Clipboard{Kind: wire.ClipboardWithhold, ID: m.ID, Reason: why, Text: text}
	switch m.Kind {
	case wire.ClipboardOffer, wire.ClipboardChunk:
		answer.Kind = wire.ClipboardDecline
	case wire.ClipboardWant:
	default:
		return
	}
	payload, err := wire.AppendClipboard(nil, &answer)
	if err != nil {
		p.log.Error("refusal not encoded", "error", err)
		return
	}
	topic := wire.TopicClipboard
	packet, err := userPacket(&livekit.UserPacket{Payload: payload, Topic: &topic})
	if err != nil {
		p.log.Error("refusal not encoded", "error", err)
		return
	}
	p.sendData(sfu.Reliable, packet)
}
