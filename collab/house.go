package collab

import (
	"errors"
	"fmt"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Why an owner's decision was refused.
var (
	ErrNotOwner  = errors.New("only an owner of the session may do this")
	ErrLastOwner = errors.New("a session keeps an owner: hand it over first")
	ErrAgent     = errors.New("that is GIMP, not a person")
	ErrSelf      = errors.New("that is yourself")
	ErrRole      = errors.New("the role must be viewer, editor or owner")
)

// decide carries out what only owners do. Known says that it was such a thing.
func (a *Arbiter) decide(identity string, by *person, c *wire.Control, now time.Time) (known bool, err error) {
	switch c.Type {
	case wire.ControlPolicy, wire.ControlRole, wire.ControlTransfer, wire.ControlRemove, wire.ControlLock, wire.ControlMute, wire.ControlShare:
	default:
		return false, nil
	}
	if by.role != room.Owner {
		return true, ErrNotOwner
	}
	switch c.Type {
	case wire.ControlPolicy:
		return true, a.setPolicy(c.Policy)
	case wire.ControlRole:
		return true, a.setRole(c.To, room.Role(c.Role), now)
	case wire.ControlTransfer:
		return true, a.transfer(identity, by, c.To)
	case wire.ControlRemove:
		return true, a.mayRemove(identity, c.To)
	case wire.ControlLock:
		a.set(&a.rules.locked, c.On)
	case wire.ControlMute:
		a.set(&a.rules.muted, c.On)
	case wire.ControlShare:
		a.set(&a.rules.shared, c.On)
	}
	return true, nil
}

func (a *Arbiter) set(rule *bool, on bool) {
	if *rule != on {
		*rule = on
		a.revision++
	}
}

// setPolicy changes how control passes on. Whoever may no longer hold it goes on
// to the end of their stroke.
func (a *Arbiter) setPolicy(name string) error {
	p, err := room.ParsePolicy(name)
	if err != nil {
		return err
	}
	if p != a.rules.policy {
		a.rules.policy, a.rules.presenter = p, ""
		a.revision++
	}
	return nil
}

// Restore sets the rules as owners left them, in a room where nobody is yet. What
// is no policy is none of theirs.
func (a *Arbiter) Restore(rules wire.Rules) {
	policy, err := room.ParsePolicy(rules.Policy)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rules.policy, a.rules.presenter = policy, rules.Presenter
	a.rules.locked, a.rules.muted, a.rules.shared = rules.Locked, rules.Muted, rules.Shared
}

// SetRole changes what somebody may do from now on, by the word of a program
// that runs the room.
func (a *Arbiter) SetRole(identity string, role room.Role, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.setRole(identity, role, now)
}

func (a *Arbiter) setRole(identity string, role room.Role, now time.Time) error {
	p := a.people[identity]
	switch {
	case p == nil:
		return ErrAbsent
	case p.role == room.Agent:
		return ErrAgent
	case role != room.Owner && role != room.Editor && role != room.Viewer:
		return ErrRole
	case p.role == room.Owner && role != room.Owner && a.owners() == 1:
		return ErrLastOwner
	}
	p.role = role
	if !role.MayControl() {
		a.unqueue(identity)
		if a.holder == identity {
			a.end(now)
		}
	}
	return nil
}

func (a *Arbiter) owners() int {
	n := 0
	for _, p := range a.people {
		if p.role == room.Owner {
			n++
		}
	}
	return n
}

// transfer makes somebody the owner in another's place, who stays as an editor.
func (a *Arbiter) transfer(from string, by *person, to string) error {
	p := a.people[to]
	switch {
	case to == from:
		return ErrSelf
	case p == nil:
		return ErrAbsent
	case p.role == room.Agent:
		return ErrAgent
	}
	p.role, by.role = room.Owner, room.Editor
	return nil
}

// mayRemove says whether somebody can be sent away; who does it, does the rest.
func (a *Arbiter) mayRemove(by, identity string) error {
	p := a.people[identity]
	switch {
	case identity == by:
		return ErrSelf
	case p == nil:
		return ErrAbsent
	case p.role == room.Agent:
		return ErrAgent
	}
	return nil
}

// MayChat says whether the rules let somebody write in the chat: while it is
// muted, only owners do.
func (a *Arbiter) MayChat(identity string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.people[identity]; a.rules.muted && (p == nil || p.role != room.Owner) {
		return ErrChatMuted
	}
	return nil
}

// MayShare says whether the rules let somebody put a file into the chat: who may
// write there and does more than watch.
func (a *Arbiter) MayShare(identity string) error {
	if err := a.MayChat(identity); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.people[identity]; p == nil || p.role == room.Viewer {
		return ErrNoFiles
	}
	return nil
}

// Role is the role of somebody who is here.
func (a *Arbiter) Role(identity string) (room.Role, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.people[identity]
	if p == nil {
		return "", fmt.Errorf("%w: %q", ErrAbsent, identity)
	}
	return p.role, nil
}
