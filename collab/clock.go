package collab

import (
	"slices"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Deadline is when something will happen by time alone: call Tick then. The zero
// time means never, as things stand.
func (a *Arbiter) Deadline() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	var next time.Time
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if a.holder == "" {
		if i := a.firstInLine(); i >= 0 {
			sooner(a.waiting[i].since)
		}
	} else {
		if lost := a.people[a.holder].lost; !lost.IsZero() {
			sooner(lost.Add(Grace))
		}
		switch {
		case !a.held.empty():
			sooner(a.active.Add(StuckAfter))
		case a.contested():
			sooner(a.overAt())
		}
	}
	if i := a.unanswered(); i >= 0 {
		sooner(a.waiting[i].since.Add(AskPatience))
	}
	return next
}

// Tick does what is due: ends tenures whose time is over, passes the canvas on,
// and takes wishes that nobody answered out of the line; it returns whose.
func (a *Arbiter) Tick(now time.Time) (unanswered []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.over(now):
		a.end(now)
	case a.holder == "":
		a.serve(now)
	}
	for {
		i := a.unanswered()
		if i < 0 || now.Before(a.waiting[i].since.Add(AskPatience)) {
			return unanswered
		}
		unanswered = append(unanswered, a.waiting[i].identity)
		a.waiting = slices.Delete(a.waiting, i, i+1)
		a.revision++
	}
}

// over says whether the tenure's time is over.
func (a *Arbiter) over(now time.Time) bool {
	if a.holder == "" {
		return false
	}
	lost := a.people[a.holder].lost
	switch {
	case !lost.IsZero() && !now.Before(lost.Add(Grace)):
		return true
	case !a.held.empty():
		return !now.Before(a.active.Add(StuckAfter))
	default:
		return a.contested() && !now.Before(a.overAt())
	}
}

// contested says whether anybody else could draw, or the holder may no longer.
func (a *Arbiter) contested() bool {
	if !a.mayHold(a.holder) {
		return true
	}
	for identity := range a.people {
		if identity != a.holder && a.eligible(identity) {
			return true
		}
	}
	return false
}

// overAt is when the tenure of a holder who presses nothing is over: when they
// have been quiet for long enough, or the first in line has waited for long
// enough.
func (a *Arbiter) overAt() time.Time {
	if !a.mayHold(a.holder) {
		return a.active
	}
	at := a.quietAt()
	if i := a.firstInLine(); i >= 0 {
		first := a.waiting[i]
		if first.granted {
			return a.active
		}
		from := first.since
		if a.since.After(from) {
			from = a.since // whose turn has just come has as long as everybody
		}
		if patience := from.Add(termsOf(a.rules.policy).patience); patience.Before(at) {
			at = patience
		}
	}
	return at
}

// quietAt is when a holder who does nothing more has been quiet for long enough.
func (a *Arbiter) quietAt() time.Time {
	t := termsOf(a.rules.policy)
	switch {
	case !a.begun:
		return a.active.Add(t.reserve)
	case a.rules.policy == room.Open:
		return a.lifted.Add(t.linger)
	default:
		return a.active.Add(t.linger)
	}
}

// firstInLine is the place of the first who could begin a tenure, or -1.
func (a *Arbiter) firstInLine() int {
	return slices.IndexFunc(a.waiting, func(w wish) bool { return a.eligible(w.identity) })
}

// unanswered is the place of the first whose wish only an owner can grant, or -1.
func (a *Arbiter) unanswered() int {
	return slices.IndexFunc(a.waiting, func(w wish) bool { return !a.mayHold(w.identity) })
}
