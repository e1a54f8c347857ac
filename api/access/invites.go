package access

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
)

// Limits of invitations.
const (
	// MaxInvites is how many good invitations a session may have.
	MaxInvites = 100
	// MaxUses is how many people an invitation may let in.
	MaxUses = 10_000
	// MaxPasscodeBytes bounds a passcode.
	MaxPasscodeBytes = 128
	// maxMisses is how many wrong passcodes an invitation survives.
	maxMisses = 50
)

// Why an invitation lets nobody in.
var (
	ErrInvite     = errors.New("this invitation is not valid here")
	ErrExpired    = errors.New("this invitation has expired")
	ErrUsedUp     = errors.New("this invitation has let in as many people as it may")
	ErrPasscode   = errors.New("this invitation needs its passcode")
	ErrWrongCode  = errors.New("that is not the passcode")
	ErrTooMany    = errors.New("this session has too many invitations: revoke some")
	ErrRemoved    = errors.New("the owner has removed you from this session")
	ErrNoSuchCode = errors.New("there is no such invitation")
)

// Invitation lets people into one session. Its secret is in the link and nowhere
// else.
type Invitation struct {
	ID      string    `json:"id"`
	Session string    `json:"session"`
	Role    room.Role `json:"role"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	MaxUses int       `json:"max_uses"` // 0: no limit
	Uses    int       `json:"uses"`
	// Passcode is its argon2id hash; empty for none.
	Passcode string `json:"passcode,omitempty"`
	Misses   int    `json:"misses,omitempty"` // wrong passcodes
	Secret   string `json:"secret"`           // SHA-256 of the link's
}

// Invite makes an invitation and returns it with the secret of its link.
func (g *Guests) Invite(inv Invitation, passcode string, now time.Time) (Invitation, string, error) {
	word := secret.Word(25)
	inv.ID, inv.Secret = secret.Word(8), secret.Digest(word)
	inv.Created, inv.Expires = stamp(now), stamp(inv.Expires)
	if passcode != "" {
		g.hashing <- struct{}{}
		inv.Passcode = secret.Hash(passcode)
		<-g.hashing
	}
	var full bool
	err := g.change(func(st *guestState) {
		st.prune(now)
		n := 0
		for _, other := range st.Invites {
			if other.Session == inv.Session && now.Before(other.Expires) {
				n++
			}
		}
		if full = n >= MaxInvites; !full {
			kept := inv
			st.Invites[inv.ID] = &kept
		}
	})
	if full && err == nil {
		err = ErrTooMany
	}
	return inv, word, err
}

// Invitations are a session's that still let people in, the latest first.
func (g *Guests) Invitations(session string, now time.Time) []Invitation {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []Invitation{}
	for _, inv := range g.state.Invites {
		if inv.Session == session && now.Before(inv.Expires) {
			list = append(list, *inv)
		}
	}
	slices.SortFunc(list, func(a, b Invitation) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Revoke ends an invitation. With its people, whoever came by it is removed too;
// it returns who they are.
func (g *Guests) Revoke(session, id string, people bool) (removed []string, err error) {
	var found bool
	err = g.change(func(st *guestState) {
		inv := st.Invites[id]
		if found = inv != nil && inv.Session == session; !found {
			return
		}
		delete(st.Invites, id)
		if !people {
			return
		}
		for _, guest := range st.Guests {
			if guest.Session == session && guest.Invite == id && !guest.Removed {
				guest.Removed = true
				removed = append(removed, guest.Person)
			}
		}
	})
	if err == nil && !found {
		err = ErrNoSuchCode
	}
	return removed, err
}

// find is the invitation of a session by the secret of its link.
func (st *guestState) find(session, link string) *Invitation {
	hash := secret.Digest(link)
	for _, inv := range st.Invites {
		if inv.Secret == hash && inv.Session == session {
			return inv
		}
	}
	return nil
}

// Good says whether a link still lets people in.
func (g *Guests) Good(session, link string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state.find(session, link).usable(now) == nil
}

// usable says why an invitation lets nobody in now.
func (inv *Invitation) usable(now time.Time) error {
	switch {
	case inv == nil:
		return ErrInvite
	case !now.Before(inv.Expires):
		return ErrExpired
	case inv.MaxUses > 0 && inv.Uses >= inv.MaxUses:
		return ErrUsedUp
	}
	return nil
}

// checkPasscode compares outside the lock: it takes a while on purpose.
func (g *Guests) checkPasscode(inv Invitation, passcode string) error {
	switch {
	case inv.Passcode == "":
		return nil
	case passcode == "":
		return ErrPasscode
	case len(passcode) > MaxPasscodeBytes:
		return ErrWrongCode
	}
	g.hashing <- struct{}{}
	ok, err := secret.Verify(inv.Passcode, passcode)
	<-g.hashing
	switch {
	case err != nil:
		return err
	case ok:
		return nil
	}
	err = g.change(func(st *guestState) {
		kept := st.Invites[inv.ID]
		if kept == nil {
			return
		}
		if kept.Misses++; kept.Misses >= maxMisses {
			delete(st.Invites, inv.ID)
		}
	})
	return errors.Join(ErrWrongCode, err)
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
