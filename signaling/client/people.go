package client

import (
	"maps"

	"github.com/livekit/protocol/livekit"
)

// people are the others in the room, by identity, as last told. Only the
// connection's reading goroutine uses it.
type people struct {
	self  string
	known map[string]Participant
}

func newPeople() people { return people{known: make(map[string]Participant)} }

// snapshot takes a complete list: whoever is missing from it has left.
func (p *people) snapshot(infos []*livekit.ParticipantInfo) []Participant {
	gone := maps.Clone(p.known)
	var changed []Participant
	for _, info := range infos {
		delete(gone, info.GetIdentity())
		changed = p.apply(changed, info)
	}
	for _, left := range gone {
		delete(p.known, left.Identity)
		left.Left, left.Active = true, false
		changed = append(changed, left)
	}
	return changed
}

func (p *people) update(u *livekit.ParticipantUpdate) []Participant {
	if u.GetFullSnapshot() {
		return p.snapshot(u.GetParticipants())
	}
	var changed []Participant
	for _, info := range u.GetParticipants() {
		changed = p.apply(changed, info)
	}
	return changed
}

func (p *people) apply(changed []Participant, info *livekit.ParticipantInfo) []Participant {
	if info.GetIdentity() == p.self {
		return changed
	}
	now := Participant{
		SID: info.GetSid(), Identity: info.GetIdentity(), Name: info.GetName(),
		Attributes: info.GetAttributes(),
		Active:     info.GetState() == livekit.ParticipantInfo_ACTIVE,
		Left:       info.GetState() == livekit.ParticipantInfo_DISCONNECTED,
	}
	before, known := p.known[now.Identity]
	if now.Left {
		// The end of an earlier stay is old news once a later one is known.
		if !known || before.SID != now.SID {
			return changed
		}
		delete(p.known, now.Identity)
		return append(changed, now)
	}
	p.known[now.Identity] = now
	if known && before.SID == now.SID && before.Name == now.Name &&
		before.Active == now.Active && maps.Equal(before.Attributes, now.Attributes) {
		return changed
	}
	return append(changed, now)
}

func (c *Conn) tell(changed []Participant) {
	for _, p := range changed {
		c.post(func() { c.handler.OnParticipant(p) })
	}
}
