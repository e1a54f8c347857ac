package signaling

import "github.com/easel-live/easel/internal/room"

// roster is who is in a room, for the data path: immutable, so that packets are
// passed on without a lock while people come and go.
type roster struct {
	all        []*participant
	byIdentity map[string]*participant
	agent      *participant // the latest one; nil: none
}

func (r *liveRoom) rebuildRoster() {
	next := &roster{
		all:        make([]*participant, 0, len(r.present)),
		byIdentity: make(map[string]*participant, len(r.present)),
	}
	for identity, p := range r.present {
		next.all = append(next.all, p)
		next.byIdentity[identity] = p
		if p.claims.Role == room.Agent && (next.agent == nil || p.joined.After(next.agent.joined)) {
			next.agent = p
		}
	}
	r.roster.Store(next)
}
