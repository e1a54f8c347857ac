package collab

import (
	"slices"
	"sync"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// MaxWaiting bounds the line of those who wish to draw.
const MaxWaiting = 64

// Arbiter is the lease of one room, and its rules. The zero value is not ready:
// NewArbiter.
type Arbiter struct {
	mu     sync.Mutex
	people map[string]*person // who is here, by identity
	rules  rules

	holder     string // "": the canvas is free
	generation uint32 // of the tenure, or of the next one while the canvas is free
	burned     uint32 // the greatest generation that a refused press was made under
	revision   uint32
	waiting    []wish

	// Of the present tenure.
	held   held
	since  time.Time // its start
	begun  bool      // input was admitted in it
	active time.Time // last input, or its start
	lifted time.Time // last input but moves, or its start
}

// person is somebody who is here.
type person struct {
	role   room.Role
	denied time.Time // when they were last told not now
	burned uint32    // the generation of their last refused press
	lost   time.Time // since when their connection is gone; zero: it is not
}

// wish is somebody's wish to draw.
type wish struct {
	identity string
	since    time.Time
	granted  bool // the end of the stroke under way is all it waits for
}

// rules are what the owners have set.
type rules struct {
	policy    room.Policy
	presenter string

	locked, muted, shared bool
}

// NewArbiter returns an arbiter of an empty room with a free and open canvas.
func NewArbiter() *Arbiter {
	return &Arbiter{people: make(map[string]*person), rules: rules{policy: room.Open}, generation: 1, revision: 1}
}

// Lease is the lease as it stands.
func (a *Arbiter) Lease() wire.Lease {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := wire.Lease{
		Generation: a.generation, Revision: a.revision, Holder: a.holder,
		Rules: wire.Rules{
			Policy: string(a.rules.policy), Presenter: a.rules.presenter,
			Locked: a.rules.locked, Muted: a.rules.muted, Shared: a.rules.shared,
		},
	}
	for _, w := range a.waiting {
		l.Waiting = append(l.Waiting, w.identity)
	}
	return l
}

// mayHold says whether somebody who is here may hold the lease by the rules.
func (a *Arbiter) mayHold(identity string) bool {
	p := a.people[identity]
	if p == nil || !p.role.MayControl() {
		return false
	}
	return a.rules.policy != room.Present || p.role == room.Owner || identity == a.rules.presenter
}

// eligible says whether somebody could begin a tenure now.
func (a *Arbiter) eligible(identity string) bool {
	return a.mayHold(identity) && a.people[identity].lost.IsZero()
}

// end ends the tenure, and lets the next in line begin theirs.
func (a *Arbiter) end(now time.Time) {
	a.vacate()
	a.serve(now)
}

// serve gives a free canvas to the first in line.
func (a *Arbiter) serve(now time.Time) {
	if i := a.firstInLine(); i >= 0 {
		a.claim(a.waiting[i].identity, now)
	}
}

// vacate frees the canvas. Whatever the holder held, the agent lets go of when
// it sees the new generation.
func (a *Arbiter) vacate() {
	a.generation = max(a.generation, a.burned) + 1
	a.revision++
	a.holder = ""
	a.held.reset()
}

// claim begins a tenure on a free canvas, under the generation it has.
func (a *Arbiter) claim(identity string, now time.Time) {
	a.unqueue(identity)
	a.revision++
	a.holder = identity
	a.begun, a.since, a.active, a.lifted = false, now, now, now
}

// assign gives the canvas to somebody, whoever has it now.
func (a *Arbiter) assign(identity string, now time.Time) {
	if a.holder != "" {
		a.vacate()
	}
	a.claim(identity, now)
}

// queue puts somebody at the end of the line, once.
func (a *Arbiter) queue(identity string, now time.Time) error {
	if a.place(identity) >= 0 {
		return nil
	}
	if len(a.waiting) >= MaxWaiting {
		return ErrLine
	}
	a.waiting = append(a.waiting, wish{identity: identity, since: now})
	a.revision++
	return nil
}

func (a *Arbiter) place(identity string) int {
	return slices.IndexFunc(a.waiting, func(w wish) bool { return w.identity == identity })
}

func (a *Arbiter) unqueue(identity string) {
	if i := a.place(identity); i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
		a.revision++
	}
}

// Pressed says whether the holder has anything pressed.
func (a *Arbiter) Pressed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.held.empty()
}
