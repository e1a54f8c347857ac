package collab

import (
	"errors"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Why input was refused. The texts are for people.
var (
	ErrNotHolder = errors.New("you do not hold control of the canvas")
	ErrStale     = errors.New("control of the canvas has changed since")
	ErrHeldKeys  = errors.New("too many keys held at once")
)

// ErrPress is wrapped by the refusal of a press, and wraps the reason: whoever
// pressed should hear of it, or their stroke would be lost without a word.
var ErrPress = errors.New("the stroke was not begun")

// pressError is a reason that also is ErrPress.
type pressError struct{ reason error }

func (e pressError) Error() string { return e.reason.Error() }

func (e pressError) Is(target error) bool { return target == ErrPress }

func (e pressError) Unwrap() error { return e.reason }

// Admit decides about one input packet: nil lets it through to the agent. A
// refused packet changes nothing but the line: on an open canvas, whoever
// pressed in vain is next. News says that the lease or the next deadline is
// another now.
func (a *Arbiter) Admit(identity string, in *wire.Input, now time.Time) (news bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if identity == a.holder && identity != "" && in.Generation == a.generation {
		return a.admit(in, now)
	}
	if !in.Presses() {
		return false, a.stray(identity)
	}
	if in.First != 1 {
		// Their tenure ended while this was on its way.
		return false, pressError{a.stray(identity)}
	}
	if err := a.press(identity, in.Generation, now); err != nil {
		// Somebody may be in line now.
		return errors.Is(err, ErrBusy), pressError{err}
	}
	_, err = a.admit(in, now)
	return true, err
}

// stray says what is wrong with input of another tenure than the present one's.
func (a *Arbiter) stray(identity string) error {
	if identity == a.holder && identity != "" {
		return ErrStale
	}
	return ErrNotHolder
}

// admit counts a packet of the holder's.
func (a *Arbiter) admit(in *wire.Input, now time.Time) (news bool, err error) {
	pressed := !a.held.empty()
	acts, err := a.held.apply(in)
	if err != nil {
		return false, err
	}
	news = !a.begun || pressed != !a.held.empty()
	a.begun, a.active = true, now
	if acts {
		a.lifted = now
	}
	return news, nil
}

// press takes the canvas for somebody who pressed under a generation, if that is
// the next tenure's and the canvas can be had.
func (a *Arbiter) press(identity string, generation uint32, now time.Time) error {
	p := a.people[identity]
	switch {
	case p == nil:
		return ErrAbsent
	case !p.role.MayControl():
		return ErrViewOnly
	case !a.mayHold(identity):
		return ErrPresenter
	case generation != a.next() || generation <= p.burned:
		return ErrStale
	case !a.available(identity, now):
		// Stragglers of this stroke must never pass for a later one's.
		p.burned, a.burned = generation, max(a.burned, generation)
		if a.rules.policy == room.Open {
			if err := a.queue(identity, now); err != nil {
				return err
			}
		}
		return ErrBusy
	}
	if a.holder != "" {
		a.vacate()
		a.generation = generation // and of nobody else: who was refused under it stays so
	}
	a.claim(identity, now)
	return nil
}

// next is the generation of the next tenure, as clients reckon it.
func (a *Arbiter) next() uint32 {
	if a.holder == "" {
		return a.generation
	}
	return a.generation + 1
}

// available says whether somebody may begin a tenure now: the canvas is free, or
// its holder has been quiet for long enough, and nobody else is first in line.
func (a *Arbiter) available(identity string, now time.Time) bool {
	if a.holder == "" {
		return true
	}
	if !a.held.empty() || now.Before(a.quietAt()) {
		return false
	}
	i := a.firstInLine()
	return i < 0 || a.waiting[i].identity == identity
}
