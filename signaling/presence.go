package signaling

import (
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

const (
	// pointerInterval is how often pointers are told, at most.
	pointerInterval = time.Second / 30
	// pointerShare is what telling one person takes of that time: a room of a
	// thousand is told five times a second, at the cost of one of a hundred.
	pointerShare = 200 * time.Microsecond
	// Marks, views and reactions per second from one person, and at once.
	presenceRate  = 40
	presenceBurst = 80
)

// presence is where the people of a room point and look.
type presence struct {
	pointers collab.Pointers
	timer    *time.Timer // until they are told; the room's goroutine's

	mu        sync.Mutex
	presenter string // identity; "": nobody presents
	view      []byte // stamped packet of what they look at
}

// onPresence keeps the rules of where people point: pointers are gathered and
// told together, the rest goes to the others as it comes.
func (p *participant) onPresence(kind sfu.DataKind, raw []byte, packet *packet) {
	message, err := wire.DecodePresence(packet.payload)
	if err != nil {
		p.drop("malformed")
		p.log.Debug("presence refused", "error", err)
		return
	}
	switch m := message.(type) {
	case wire.Pointer:
		if p.room.presence.pointers.Put(p.claims.Identity, m) {
			p.room.post(p.room.armPointers)
		}
		return
	case wire.Pointers:
		p.drop("not_allowed") // only the server tells of others
		return
	case wire.View:
		if !p.mayPresent() {
			p.drop("not_allowed")
			return
		}
		if !p.data.presence.Allow() {
			p.drop("rate")
			return
		}
		p.room.presence.look(p.claims.Identity, m, stamp(raw, sfu.Reliable, p.claims.Identity, p.sid))
	default:
		if !p.data.presence.Allow() {
			p.drop("rate")
			return
		}
	}
	p.forward(kind, raw, packet)
}

// mayPresent says whether others' views may follow p's.
func (p *participant) mayPresent() bool {
	return p.role().MayControl()
}

// look remembers what a presenter looks at, for those who come later.
func (s *presence) look(identity string, at wire.View, stamped []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case at.Width > 0:
		s.presenter, s.view = identity, stamped
	case s.presenter == identity:
		s.presenter, s.view = "", nil
	}
}

// leave forgets somebody.
func (s *presence) leave(identity string) {
	s.pointers.Leave(identity)
	s.look(identity, wire.View{}, nil)
}

func (s *presence) current() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

// armPointers has the pointers told after a while that grows with the room. It
// runs on the room's goroutine, as tellPointers does.
func (r *liveRoom) armPointers() {
	if r.closed {
		return
	}
	wait := max(pointerInterval, time.Duration(len(r.present))*pointerShare)
	if r.presence.timer == nil {
		r.presence.timer = time.AfterFunc(wait, func() { r.post(r.tellPointers) })
		return
	}
	r.presence.timer.Reset(wait)
}

// tellPointers tells everyone but the agent where people point.
func (r *liveRoom) tellPointers() {
	told, more := r.presence.pointers.Take()
	if packet := r.presencePacket(told); len(told) > 0 {
		for _, q := range r.present {
			if q.claims.Role != room.Agent {
				q.sendData(sfu.Lossy, packet)
			}
		}
	}
	if more {
		r.armPointers()
	}
}

func (r *liveRoom) presencePacket(told wire.Pointers) []byte {
	payload, err := wire.AppendPresence(nil, told)
	if err != nil {
		r.log.Error("pointers not encoded", "error", err)
		return nil
	}
	topic := wire.TopicPointer
	raw, err := userPacket(&livekit.UserPacket{Payload: payload, Topic: &topic})
	if err != nil {
		r.log.Error("pointers not packed", "error", err)
	}
	return raw
}
