package access

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
)

// GuestTTL is how long a guest who joined may come back without the invitation.
const GuestTTL = 24 * time.Hour

// maxGuests bounds the guests of all sessions; those that end soonest make room.
const maxGuests = 2000

// guestPrefix begins the persons of guests; other persons have accounts.
const guestPrefix = "g-"

// Guest is somebody in one session: who came by an invitation, or who has an
// account, where an owner has decided something about them.
type Guest struct {
	Session string    `json:"session"`
	Person  string    `json:"person"` // unique, and no secret
	Invite  string    `json:"invite,omitempty"`
	Role    room.Role `json:"role"`
	// Decided says that the role is an owner's decision: no link makes it another.
	Decided bool      `json:"decided,omitempty"`
	Removed bool      `json:"removed,omitempty"`
	Expires time.Time `json:"expires"`
}

// Guests keeps invitations and who came by them in a file. Only hashes of secrets
// are kept: who reads the file gets in nowhere with what is in it.
type Guests struct {
	path    string
	hashing chan struct{} // bounds the memory that passcodes can use

	mu    sync.Mutex
	state guestState
}

type guestState struct {
	Invites map[string]*Invitation `json:"invites"` // by ID
	Guests  map[string]*Guest      `json:"guests"`  // by SHA-256 of the cookie
	Houses  map[string]House       `json:"houses"`  // by session
}

// OpenGuests reads the file at path, or begins with nobody.
func OpenGuests(path string) (*Guests, error) {
	g := &Guests{path: path, hashing: make(chan struct{}, 2)}
	if err := readState(path, &g.state); err != nil {
		return nil, err
	}
	g.state.fill()
	return g, nil
}

func (st *guestState) fill() {
	if st.Invites == nil {
		st.Invites = make(map[string]*Invitation)
	}
	if st.Guests == nil {
		st.Guests = make(map[string]*Guest)
	}
	if st.Houses == nil {
		st.Houses = make(map[string]House)
	}
}

// Join lets somebody in by an invitation: a new guest, whose cookie it returns,
// or one who was there before and shows theirs. Who comes back by the same link
// uses it once.
func (g *Guests) Join(session, link, passcode, cookie string, now time.Time) (Guest, string, error) {
	g.mu.Lock()
	var inv Invitation
	found := g.state.find(session, link)
	err := found.usable(now)
	var known Guest
	if before := g.state.Guests[secret.Digest(cookie)]; before != nil && before.Session == session && now.Before(before.Expires) {
		known = *before
	}
	if found != nil {
		inv = *found
	}
	g.mu.Unlock()
	switch {
	case known.Removed:
		return Guest{}, "", ErrRemoved
	case found == nil:
		return Guest{}, "", ErrInvite
	}
	again := known.Person != "" && known.Invite == inv.ID
	if again && errors.Is(err, ErrUsedUp) {
		err = nil
	}
	if err != nil {
		return Guest{}, "", err
	}
	if !again {
		if err := g.checkPasscode(inv, passcode); err != nil {
			return Guest{}, "", err
		}
	}
	return g.admit(inv.ID, known, cookie, again, now)
}

// admit writes the guest down, unless the invitation went meanwhile.
func (g *Guests) admit(invite string, known Guest, cookie string, again bool, now time.Time) (Guest, string, error) {
	var in Guest
	var refused error
	err := g.change(func(st *guestState) {
		inv := st.Invites[invite]
		if refused = inv.usable(now); refused != nil && !(again && errors.Is(refused, ErrUsedUp)) {
			return
		}
		refused = nil
		if known.Person == "" {
			cookie = secret.Word(25)
			known = Guest{Session: inv.Session, Person: guestPrefix + secret.Word(5)}
		}
		if !again {
			inv.Uses++
		}
		if !known.Decided {
			known.Role = inv.Role
		}
		known.Invite, known.Expires = inv.ID, stamp(now.Add(GuestTTL))
		st.makeRoom(now)
		kept := known
		st.Guests[secret.Digest(cookie)] = &kept
		in = known
	})
	return in, cookie, errors.Join(err, refused)
}

// Known is the guest whose cookie this is.
func (g *Guests) Known(cookie string, now time.Time) (Guest, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guest := g.state.Guests[secret.Digest(cookie)]
	if guest == nil || guest.Removed || !now.Before(guest.Expires) {
		return Guest{}, false
	}
	return *guest, true
}

// Standing is what a person may be in a session now: the role that their token
// names, unless something else is known of them.
func (g *Guests) Standing(session, person string, role room.Role) (room.Role, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guest := g.state.person(session, person)
	switch {
	case guest == nil:
		return role, nil
	case guest.Removed:
		return "", ErrRemoved
	}
	return guest.Role, nil
}

// Decide writes down what an owner has decided about a person.
func (g *Guests) Decide(session, person string, role room.Role, removed bool, now time.Time) error {
	if person == "" {
		return nil
	}
	return g.change(func(st *guestState) {
		guest := st.person(session, person)
		if guest == nil {
			if strings.HasPrefix(person, guestPrefix) {
				return // a guest who has been forgotten
			}
			guest = &Guest{Session: session, Person: person}
			st.makeRoom(now)
			st.Guests[person+" of "+session] = guest
			guest.Expires = stamp(now.Add(GuestTTL))
		}
		guest.Role, guest.Decided, guest.Removed = role, true, removed
	})
}

// Forget drops what belongs to a session that is over.
func (g *Guests) Forget(session string) error {
	return g.change(func(st *guestState) {
		for id, inv := range st.Invites {
			if inv.Session == session {
				delete(st.Invites, id)
			}
		}
		for cookie, guest := range st.Guests {
			if guest.Session == session {
				delete(st.Guests, cookie)
			}
		}
		delete(st.Houses, session)
	})
}

func (st *guestState) person(session, person string) *Guest {
	for _, guest := range st.Guests {
		if guest.Person == person && guest.Session == session {
			return guest
		}
	}
	return nil
}

// keepExpired is how long an invitation that has expired can still say so.
const keepExpired = 7 * 24 * time.Hour

// prune drops what is over.
func (st *guestState) prune(now time.Time) {
	for id, inv := range st.Invites {
		if now.Sub(inv.Expires) > keepExpired {
			delete(st.Invites, id)
		}
	}
	for cookie, guest := range st.Guests {
		if !now.Before(guest.Expires) {
			delete(st.Guests, cookie)
		}
	}
}

// makeRoom keeps the guests bounded.
func (st *guestState) makeRoom(now time.Time) {
	st.prune(now)
	for len(st.Guests) >= maxGuests {
		var first string
		for cookie, guest := range st.Guests {
			if first == "" || guest.Expires.Before(st.Guests[first].Expires) {
				first = cookie
			}
		}
		delete(st.Guests, first)
	}
}

// change applies f and writes the file; when that fails, nothing has changed.
func (g *Guests) change(f func(*guestState)) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := changeState(g.path, &g.state, f)
	g.state.fill()
	return err
}
