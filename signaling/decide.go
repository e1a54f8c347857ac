package signaling

import (
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// decided carries out what an owner decided and the arbiter allowed; before are
// the rules as they were. It runs on the room's goroutine.
func (r *liveRoom) decided(by *participant, c *wire.Control, before wire.Rules) {
	about := r.present[c.To]
	decision := Decision{Kind: c.Type, By: by.person()}
	switch c.Type {
	case wire.ControlRole:
		r.roleIs(about, room.Role(c.Role), decision)
	case wire.ControlTransfer:
		decision.Kind = wire.ControlRole
		r.roleIs(about, room.Owner, decision)
		r.roleIs(by, room.Editor, decision)
	case wire.ControlRemove:
		r.expel(about, decision)
	case wire.ControlDeny:
		about.refuse(&wire.Control{Code: "denied", Reason: by.name + " says: not now"})
	case wire.ControlGrant:
		if presenter := r.arbiter.Lease().Rules.Presenter; presenter != before.Presenter {
			r.tell(decision, wire.ControlPolicy, func(d *Decision) { d.Policy, d.About = room.Present, about.person() })
		}
	case wire.ControlPolicy:
		if c.Policy != before.Policy {
			r.tell(decision, c.Type, func(d *Decision) { d.Policy = room.Policy(c.Policy) })
		}
	case wire.ControlLock:
		if c.On != before.Locked {
			r.tell(decision, c.Type, func(d *Decision) { d.On = c.On })
		}
	case wire.ControlMute:
		if c.On != before.Muted {
			r.tell(decision, c.Type, func(d *Decision) { d.On = c.On })
		}
	case wire.ControlShare:
		if c.On != before.Shared {
			r.tell(decision, c.Type, func(d *Decision) { d.On = c.On })
		}
	}
}

func (r *liveRoom) tell(d Decision, kind string, fill func(*Decision)) {
	d.Kind = kind
	fill(&d)
	r.server.cfg.Observer.Decided(r.name, d)
}

// windows are all stays of somebody's person, theirs among them.
func (r *liveRoom) windows(p *participant) []*participant {
	own := []*participant{p}
	person := p.claims.Attributes[room.PersonAttribute]
	if person == "" {
		return own
	}
	for _, q := range r.present {
		if q != p && q.claims.Attributes[room.PersonAttribute] == person {
			own = append(own, q)
		}
	}
	return own
}

// roleIs gives somebody a role, in all their windows and for as long as the room
// is open, and tells everyone. A fresh token carries it from now on.
func (r *liveRoom) roleIs(p *participant, role room.Role, decision Decision) {
	for _, q := range r.windows(p) {
		if q.role() == role {
			continue
		}
		// The arbiter knows of the one that was named already.
		if now, err := r.arbiter.Role(q.claims.Identity); err == nil && now != role {
			if err := r.arbiter.SetRole(q.claims.Identity, role, time.Now()); err != nil {
				q.log.Warn("role not changed", "error", err)
				continue
			}
		}
		gauge := r.server.metrics.participants
		gauge.WithLabelValues(string(q.role())).Dec()
		gauge.WithLabelValues(string(role)).Inc()
		q.setRole(role)
		r.door.note(q.claims, verdict{role: role})
		r.announce(q)
		q.refreshToken()
	}
	decision.About = p.person()
	r.server.cfg.Observer.Decided(r.name, decision)
}

// expel sends somebody away, with all their windows, for as long as the room is
// open.
func (r *liveRoom) expel(p *participant, decision Decision) {
	decision.About = p.person()
	for _, q := range r.windows(p) {
		r.door.note(q.claims, verdict{removed: true})
		why := livekit.DisconnectReason_PARTICIPANT_REMOVED
		r.remove(q, why, &livekit.LeaveRequest{Reason: why, Action: livekit.LeaveRequest_DISCONNECT})
	}
	r.server.cfg.Observer.Decided(r.name, decision)
}
