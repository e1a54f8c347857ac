package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/easel-live/easel/internal/secret"
)

// Service is who people are, for the rest of the server.
type Service struct {
	store   Store
	log     *slog.Logger
	hashing chan struct{} // bounds the memory that guesses can use
	nobody  string        // a hash that no password has
}

// NewService makes a Service on a store.
func NewService(store Store, log *slog.Logger) *Service {
	return &Service{store: store, log: log, hashing: make(chan struct{}, 2), nobody: secret.Hash(secret.Word(20))}
}

// Begin makes the first administrator, if there is nobody yet, and returns
// their name and password.
func (s *Service) Begin(ctx context.Context, now time.Time) (u User, password string, made bool, err error) {
	if n, first, err := s.store.Admins(ctx); err != nil || n > 0 {
		return first, "", false, err
	}
	password = secret.NewPassword()
	u = User{ID: newUserID(), Name: "admin", Display: "Admin", Admin: true, Password: s.hash(password), Created: stamp(now)}
	err = s.store.AddUser(ctx, u)
	if errors.Is(err, ErrTaken) { // another server was faster
		_, first, err := s.store.Admins(ctx)
		return first, "", false, err
	}
	return u, password, err == nil, err
}

// First is the oldest administrator.
func (s *Service) First(ctx context.Context) (User, error) {
	n, u, err := s.store.Admins(ctx)
	if err == nil && n == 0 {
		err = ErrNoUser
	}
	return u, err
}

// Check is who has this name and password. It takes as long for a name that
// nobody has, so that the time tells nothing.
func (s *Service) Check(ctx context.Context, name, password string) (User, error) {
	u, err := s.named(ctx, name)
	if err != nil && !errors.Is(err, ErrNoUser) {
		return User{}, err
	}
	hash := u.Password
	if hash == "" {
		hash = s.nobody
	}
	ok, err := s.verify(hash, password)
	switch {
	case err != nil:
		return User{}, fmt.Errorf("password of %s: %w", u.ID, err)
	case !ok || u.Disabled || u.Password == "":
		return User{}, ErrWrong
	}
	return u, nil
}

// LogIn returns the secret of a new login, for a cookie. How says how it came
// about.
func (s *Service) LogIn(ctx context.Context, user, how string, now time.Time) (string, error) {
	word := secret.Word(25)
	return word, s.store.AddCredential(ctx, Credential{
		ID: secret.Word(8), Kind: Login, User: user, Hash: secret.Digest(word), Name: how,
		Created: stamp(now), Expires: stamp(now.Add(LoginTTL)),
	}, MaxLogins, false)
}

// NewLink returns the secret of a link that logs in once.
func (s *Service) NewLink(ctx context.Context, user string, now time.Time) (string, error) {
	word := secret.Word(25)
	return word, s.store.AddCredential(ctx, Credential{
		ID: secret.Word(8), Kind: Link, User: user, Hash: secret.Digest(word),
		Created: stamp(now), Expires: stamp(now.Add(LinkTTL)),
	}, MaxLogins, false)
}

// Redeem uses a link up and says who came by it, or ErrNoCredential.
func (s *Service) Redeem(ctx context.Context, link string, now time.Time) (User, error) {
	_, u, err := s.store.Redeem(ctx, Link, secret.Digest(link), now)
	return u, err
}

// Bearer is who shows a secret of a kind, or ErrNoCredential.
func (s *Service) Bearer(ctx context.Context, kind Kind, word string, now time.Time) (Credential, User, error) {
	c, u, err := s.store.Bearer(ctx, kind, secret.Digest(word), now)
	if err == nil && now.Sub(c.Used) > time.Minute {
		err = s.store.Touch(ctx, c.ID, stamp(now))
	}
	return c, u, err
}

// LogOut ends a login.
func (s *Service) LogOut(ctx context.Context, c Credential) error {
	err := s.store.RemoveCredential(ctx, c.User, c.ID)
	if errors.Is(err, ErrNoCredential) {
		return nil
	}
	return err
}

// SetPassword gives a user a password, and ends their logins and links but one.
func (s *Service) SetPassword(ctx context.Context, user, password, but string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	hash := s.hash(password)
	if _, err := s.store.ChangeUser(ctx, user, func(u *User) error { u.Password = hash; return nil }); err != nil {
		return err
	}
	return s.store.RemoveCredentials(ctx, user, but, Login, Link)
}

// Reset gives a user a new random password and a one-time link.
func (s *Service) Reset(ctx context.Context, user string, now time.Time) (password, link string, err error) {
	password = secret.NewPassword()
	if err := s.SetPassword(ctx, user, password, ""); err != nil {
		return "", "", err
	}
	link, err = s.NewLink(ctx, user, now)
	return password, link, err
}

// Note writes into the journal. That something happened counts for more than
// that it was written down, so a failure goes to the log.
func (s *Service) Note(ctx context.Context, e Event) {
	e.Detail = legible(e.Detail)
	if err := s.store.Note(context.WithoutCancel(ctx), e); err != nil {
		s.log.Error("not in the journal", "action", e.Action, "actor", e.Actor, "target", e.Target, "error", err)
	}
}

// Events are the journal's, latest first.
func (s *Service) Events(ctx context.Context, before int64, limit int) ([]Event, error) {
	return s.store.Events(ctx, before, limit)
}

// Tidy drops what is over.
func (s *Service) Tidy(ctx context.Context, now time.Time) error {
	return errors.Join(s.store.Sweep(ctx, now), s.store.Forget(ctx, now.Add(-KeepEvents)))
}

func (s *Service) hash(password string) string {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return secret.Hash(password)
}

func (s *Service) verify(hash, password string) (bool, error) {
	if len(password) > MaxPasswordBytes {
		return false, nil
	}
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return secret.Verify(hash, password)
}

// legible is text as the journal keeps it, whoever wrote it: without control
// characters, and not too long.
func legible(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return utf8.RuneError
		}
		return c
	}, text)
	if len(text) > maxDetailBytes {
		text = strings.ToValidUTF8(text[:maxDetailBytes], "")
	}
	return text
}

func newUserID() string { return "u-" + secret.Word(5) }

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
