package collab

import (
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Join tells that somebody entered. An owner who enters a room with a free
// canvas gets it. Who held it and comes in anew, from another connection, goes
// on unless something was pressed: under a new generation, because a new
// connection counts its input anew.
func (a *Arbiter) Join(identity string, role room.Role, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.people[identity] = &person{role: role}
	switch {
	case a.holder == identity && a.held.empty() && a.mayHold(identity):
		a.assign(identity, now)
	case a.holder == identity:
		a.end(now)
	case role == room.Owner && a.holder == "":
		a.claim(identity, now)
	}
}

// Leave tells that somebody is gone: what they held is free for the next in
// line.
func (a *Arbiter) Leave(identity string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.people, identity)
	a.unqueue(identity)
	if a.holder == identity && identity != "" {
		a.end(now)
	}
}

// Lost tells that somebody's connection broke. They may come Back within Grace.
func (a *Arbiter) Lost(identity string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.people[identity]; p != nil && p.lost.IsZero() {
		p.lost = now
	}
}

// Back tells that a broken connection is whole again. What was pressed when it
// broke is let go of: nobody knows what the hand has done meanwhile.
func (a *Arbiter) Back(identity string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.people[identity]
	if p == nil || p.lost.IsZero() {
		return
	}
	p.lost = time.Time{}
	if a.holder == identity && !a.held.empty() {
		a.end(now)
	}
}

// Renew starts a new generation for the same holder: the agent that carries out
// their input is another one, and knows nothing of what was pressed.
func (a *Arbiter) Renew(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.holder != "" {
		a.assign(a.holder, now)
	}
}
