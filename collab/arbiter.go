package collab

import (
	"slices"
	"sync"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// IdleAfter is how long a holder may be quiet, with nothing pressed, before
// another editor may simply take the canvas.
const IdleAfter = 30 * time.Second

// MaxWaiting bounds the line of those who asked.
const MaxWaiting = 64

// Arbiter is the lease of one room. The zero value is not ready: NewArbiter.
type Arbiter struct {
	mu         sync.Mutex
	roles      map[string]room.Role // who is here
	holder     string               // "": the canvas is free
	generation uint32
	active     time.Time // last admitted input, or the start of the lease
	waiting    []string
	held       held
}

// NewArbiter returns an arbiter of an empty room with a free canvas.
func NewArbiter() *Arbiter {
	return &Arbiter{roles: make(map[string]room.Role)}
}

// Lease is the lease as it stands.
func (a *Arbiter) Lease() wire.Lease {
	a.mu.Lock()
	defer a.mu.Unlock()
	return wire.Lease{Generation: a.generation, Holder: a.holder, Waiting: slices.Clone(a.waiting)}
}

// Join tells that somebody entered, or that their role changed. It reports
// whether the lease changed.
func (a *Arbiter) Join(identity string, role room.Role, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roles[identity] = role
	if !role.MayControl() {
		return a.drop(identity, now)
	}
	if role == room.Owner && a.holder == "" {
		a.assign(identity, now)
		return true
	}
	return false
}

// Leave tells that somebody is gone: what they held is free for the next in
// line. It reports whether the lease changed.
func (a *Arbiter) Leave(identity string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.roles, identity)
	return a.drop(identity, now)
}

// Renew starts a new generation for the same holder: the agent that carries out
// their input is another one, and knows nothing of what was pressed. It reports
// whether the lease changed.
func (a *Arbiter) Renew(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.holder == "" {
		return false
	}
	a.assign(a.holder, now)
	return true
}

// Admit decides about one input packet: nil lets it through to the agent. The
// errors are ErrNotHolder, ErrStale and ErrHeldKeys; a refused packet changes
// nothing.
func (a *Arbiter) Admit(identity string, in *wire.Input, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if identity != a.holder || a.holder == "" {
		return ErrNotHolder
	}
	if in.Generation != a.generation {
		return ErrStale
	}
	if err := a.held.apply(in); err != nil {
		return err
	}
	a.active = now
	return nil
}

// drop takes somebody out of the line and out of the lease.
func (a *Arbiter) drop(identity string, now time.Time) bool {
	left := a.unqueue(identity)
	if a.holder == identity && identity != "" {
		a.handOn(now)
		return true
	}
	return left
}

// handOn gives the canvas to the first in line, or frees it.
func (a *Arbiter) handOn(now time.Time) {
	next := ""
	if len(a.waiting) > 0 {
		next = a.waiting[0]
	}
	a.assign(next, now)
}

// assign starts a new generation. Whatever the last holder held, the agent
// lets go of when it sees it.
func (a *Arbiter) assign(identity string, now time.Time) {
	a.unqueue(identity)
	a.holder = identity
	a.generation++
	a.active = now
	a.held.reset()
}

func (a *Arbiter) unqueue(identity string) bool {
	i := slices.Index(a.waiting, identity)
	if i < 0 {
		return false
	}
	a.waiting = slices.Delete(a.waiting, i, i+1)
	return true
}
