package collab

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Why a command was refused. The texts are for people.
var (
	ErrViewOnly  = errors.New("you are viewing only")
	ErrPresenter = errors.New("only the owner and who they name draw here")
	ErrAbsent    = errors.New("that person is not here")
	ErrBusy      = errors.New("somebody is drawing")
	ErrDenied    = errors.New("not now")
	ErrLine      = errors.New("too many people are waiting")
	ErrCommand   = errors.New("unknown command")
)

// Command carries out what somebody asked about control: request, take, release,
// grant or deny; and of owners also what house.go does. An error says why it was
// refused, and then nothing has changed.
func (a *Arbiter) Command(identity string, c *wire.Control, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	by := a.people[identity]
	if by == nil {
		return ErrAbsent
	}
	if known, err := a.decide(identity, by, c, now); known {
		return err
	}
	if !by.role.MayControl() {
		return ErrViewOnly
	}
	switch c.Type {
	case wire.ControlRequest:
		return a.request(identity, by, now)
	case wire.ControlTake:
		return a.take(identity, by, now)
	case wire.ControlRelease:
		a.unqueue(identity)
		if a.holder == identity {
			a.end(now)
		}
		return nil
	case wire.ControlGrant:
		return a.grant(identity, by, c.To, now)
	case wire.ControlDeny:
		return a.deny(identity, by, c.To, now)
	default:
		return fmt.Errorf("%w %.32q", ErrCommand, c.Type)
	}
}

func (a *Arbiter) request(identity string, by *person, now time.Time) error {
	switch {
	case a.holder == identity:
		return nil
	case a.holder == "" && a.mayHold(identity):
		a.claim(identity, now)
		return nil
	case now.Sub(by.denied) < DenyPause:
		return fmt.Errorf("%w: you may ask again in a moment", ErrDenied)
	}
	return a.queue(identity, now)
}

func (a *Arbiter) take(identity string, by *person, now time.Time) error {
	switch {
	case a.holder == identity:
		return nil
	case !a.mayHold(identity):
		return ErrPresenter
	case by.role != room.Owner && !a.available(identity, now):
		return ErrBusy
	}
	a.assign(identity, now)
	return nil
}

// grant hands the canvas over: at once, or when the stroke under way ends. In a
// room of presenters it names one.
func (a *Arbiter) grant(identity string, by *person, to string, now time.Time) error {
	toPerson := a.people[to]
	switch {
	case by.role != room.Owner && (identity != a.holder || a.rules.policy == room.Present):
		return ErrNotHolder
	case toPerson == nil:
		return ErrAbsent
	case !toPerson.role.MayControl():
		return fmt.Errorf("%w: they may only view", ErrViewOnly)
	}
	if a.rules.policy == room.Present && toPerson.role != room.Owner && a.rules.presenter != to {
		a.rules.presenter = to
		a.revision++
	}
	switch {
	case to == a.holder:
	case a.held.empty():
		a.assign(to, now)
	default:
		a.unqueue(to)
		a.waiting = slices.Insert(a.waiting, 0, wish{identity: to, since: now, granted: true})
		a.revision++
	}
	return nil
}

func (a *Arbiter) deny(identity string, by *person, to string, now time.Time) error {
	switch {
	case by.role != room.Owner && identity != a.holder:
		return ErrNotHolder
	case a.place(to) < 0:
		return ErrAbsent
	}
	a.unqueue(to)
	a.people[to].denied = now
	return nil
}
