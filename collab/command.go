package collab

import (
	"errors"
	"fmt"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Why something was refused. The texts are for people.
var (
	ErrNotHolder = errors.New("you do not hold control of the canvas")
	ErrStale     = errors.New("control of the canvas has changed since")
	ErrHeldKeys  = errors.New("too many keys held at once")
	ErrViewOnly  = errors.New("you are viewing only")
	ErrAbsent    = errors.New("that person is not here")
	ErrBusy      = errors.New("somebody is drawing")
	ErrMidStroke = errors.New("a stroke is under way")
	ErrLine      = errors.New("too many people are waiting")
	ErrCommand   = errors.New("unknown command")
)

// Command carries out what somebody asked about control: request, take, release
// or grant. It reports whether the lease, or the line for it, changed; an error
// says why it was refused, and then nothing has changed.
func (a *Arbiter) Command(identity string, c *wire.Control, now time.Time) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	role, here := a.roles[identity]
	if !here {
		return false, ErrAbsent
	}
	if !role.MayControl() {
		return false, ErrViewOnly
	}
	switch c.Type {
	case wire.ControlRequest:
		return a.request(identity, now)
	case wire.ControlTake:
		return a.take(identity, role, now)
	case wire.ControlRelease:
		return a.release(identity, now)
	case wire.ControlGrant:
		return a.grant(identity, role, c.To, now)
	default:
		return false, fmt.Errorf("%w %q", ErrCommand, c.Type)
	}
}

func (a *Arbiter) request(identity string, now time.Time) (bool, error) {
	switch {
	case a.holder == identity:
		return false, nil
	case a.holder == "":
		a.assign(identity, now)
		return true, nil
	}
	for _, w := range a.waiting {
		if w == identity {
			return false, nil
		}
	}
	if len(a.waiting) >= MaxWaiting {
		return false, ErrLine
	}
	a.waiting = append(a.waiting, identity)
	return true, nil
}

func (a *Arbiter) take(identity string, role room.Role, now time.Time) (bool, error) {
	if a.holder == identity {
		return false, nil
	}
	quiet := a.held.empty() && now.Sub(a.active) >= IdleAfter
	if a.holder != "" && role != room.Owner && !quiet {
		return false, ErrBusy
	}
	a.assign(identity, now)
	return true, nil
}

// release lets go of the canvas, or of a place in the line.
func (a *Arbiter) release(identity string, now time.Time) (bool, error) {
	if a.holder == identity {
		a.handOn(now)
		return true, nil
	}
	return a.unqueue(identity), nil
}

func (a *Arbiter) grant(by string, role room.Role, to string, now time.Time) (bool, error) {
	if by != a.holder && role != room.Owner {
		return false, ErrNotHolder
	}
	toRole, here := a.roles[to]
	switch {
	case !here:
		return false, ErrAbsent
	case !toRole.MayControl():
		return false, fmt.Errorf("%w: they may only view", ErrViewOnly)
	case to == a.holder:
		return false, nil
	case role != room.Owner && !a.held.empty():
		return false, ErrMidStroke
	}
	a.assign(to, now)
	return true, nil
}
