package account

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
)

// External is somebody as an OpenID provider vouches for them. Issuer and
// Subject say who they are, for good; the rest is only what they are called.
type External struct {
	Issuer, Subject string
	Name            string // what their login name is made of
	Display, Email  string
	Admin           *bool   // nil: that is not the provider's business
	Plan            *string // the same
}

// maxNames is how many login names are tried for somebody whose own is taken.
const maxNames = 100

// SignIn is the account of somebody whom a provider knows, made at their first
// visit. It is found by issuer and subject and by nothing else: a name or an
// address may be somebody else's here. What they are called stays theirs to
// change; what the provider has a say in follows it. ErrWrong if they are kept
// out.
func (s *Service) SignIn(ctx context.Context, e External, now time.Time) (u User, made bool, err error) {
	u, err = s.store.UserAt(ctx, e.Issuer, e.Subject)
	if errors.Is(err, ErrNoUser) {
		if u, err = s.welcome(ctx, e, now); err == nil {
			return u, true, nil
		}
		if !errors.Is(err, ErrTaken) {
			return User{}, false, err
		}
		u, err = s.store.UserAt(ctx, e.Issuer, e.Subject) // came twice at once
	}
	if err != nil {
		return User{}, false, err
	}
	if u.Disabled {
		return User{}, false, ErrWrong
	}
	if e.Admin == nil && e.Plan == nil {
		return u, false, nil
	}
	changed, err := s.store.ChangeUser(ctx, u.ID, e.rule)
	if errors.Is(err, ErrLast) {
		s.log.Warn("the provider no longer says that somebody is an administrator, and they are the last one: they stay it", "user", u.ID)
		return u, false, nil
	}
	return changed, false, err
}

// rule gives a user what the provider has a say in.
func (e External) rule(u *User) error {
	if e.Admin != nil {
		u.Admin = *e.Admin
	}
	if e.Plan != nil {
		u.Plan = *e.Plan
	}
	return nil
}

// welcome makes an account that no password opens; ErrTaken if somebody has the
// subject by now, or all names.
func (s *Service) welcome(ctx context.Context, e External, now time.Time) (User, error) {
	base := loginNameOf(e.Name)
	u := User{ID: newUserID(), Display: e.Display, Email: e.Email, Issuer: e.Issuer, Subject: e.Subject, Created: stamp(now)}
	if room.CheckName(u.Display) != nil {
		u.Display = base
	}
	if (User{Name: base, Display: base, Email: u.Email}).Check() != nil {
		u.Email = ""
	}
	if err := e.rule(&u); err != nil {
		return User{}, err
	}
	for n := 1; n <= maxNames; n++ {
		u.Name = base
		if n > 1 {
			u.Name += "-" + strconv.Itoa(n)
		}
		err := s.store.AddUser(ctx, u)
		if !errors.Is(err, ErrTaken) {
			return u, err
		}
		if _, err := s.store.UserAt(ctx, e.Issuer, e.Subject); err == nil {
			return User{}, ErrTaken
		}
	}
	return User{}, ErrTaken
}

// loginNameOf makes a login name of what somebody is called elsewhere.
func loginNameOf(text string) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.ContainsRune("._@+-", c):
			return c
		}
		return '-'
	}, text)
	name = strings.TrimLeft(name, "._@+-")
	if most := maxNameBytes - len("-100"); len(name) > most {
		name = name[:most]
	}
	if name == "" {
		return "user-" + secret.Word(3)
	}
	return name
}
