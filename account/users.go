package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/easel-live/easel/internal/secret"
)

// Add makes an account with a random password, which it returns with a one-time
// link: whoever is to have it chooses their own.
func (s *Service) Add(ctx context.Context, u User, now time.Time) (made User, password, link string, err error) {
	u.ID, u.Created, u.Issuer, u.Subject = newUserID(), stamp(now), "", ""
	if u.Display == "" {
		u.Display = u.Name
	}
	if err := u.Check(); err != nil {
		return User{}, "", "", err
	}
	password = secret.NewPassword()
	u.Password = s.hash(password)
	if err := s.store.AddUser(ctx, u); err != nil {
		return User{}, "", "", err
	}
	link, err = s.NewLink(ctx, u.ID, now)
	return u, password, link, err
}

// User is the one with an ID.
func (s *Service) User(ctx context.Context, id string) (User, error) {
	if !maybeID(id) {
		return User{}, ErrNoUser
	}
	return s.store.User(ctx, id)
}

func (s *Service) named(ctx context.Context, name string) (User, error) {
	if !maybeName(name) {
		return User{}, ErrNoUser
	}
	return s.store.UserNamed(ctx, name)
}

// Find is the user with an ID or a name.
func (s *Service) Find(ctx context.Context, who string) (User, error) {
	u, err := s.User(ctx, who)
	if errors.Is(err, ErrNoUser) {
		return s.named(ctx, who)
	}
	return u, err
}

// Users are a page of them by name.
func (s *Service) Users(ctx context.Context, after string, limit int) ([]User, error) {
	return s.store.Users(ctx, after, limit)
}

// Change applies f to a user. Who is disabled is sent away everywhere.
func (s *Service) Change(ctx context.Context, id string, f func(*User)) (User, error) {
	u, err := s.store.ChangeUser(ctx, id, func(u *User) error {
		f(u)
		return u.Check()
	})
	if err == nil && u.Disabled {
		err = s.store.RemoveCredentials(ctx, id, "", Login, Link)
	}
	return u, err
}

// Remove removes a user with all that is theirs.
func (s *Service) Remove(ctx context.Context, id string) error { return s.store.RemoveUser(ctx, id) }

// NewToken makes an API token and returns its secret, which is shown once.
func (s *Service) NewToken(ctx context.Context, u User, name string, scopes []Scope, ttl time.Duration, now time.Time) (Credential, string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > 64:
		return Credential{}, "", ErrTokenName
	case ttl < time.Minute || ttl > MaxTokenTTL:
		return Credential{}, "", ErrTokenTTL
	}
	if err := CheckScopes(u, scopes); err != nil {
		return Credential{}, "", err
	}
	word := tokenPrefix + secret.Word(25)
	c := Credential{
		ID: secret.Word(8), Kind: Token, User: u.ID, Hash: secret.Digest(word), Name: name, Scopes: scopes,
		Created: stamp(now), Expires: stamp(now.Add(ttl)),
	}
	return c, word, s.store.AddCredential(ctx, c, MaxTokens, true)
}

// Tokens are a user's API tokens, newest first.
func (s *Service) Tokens(ctx context.Context, user string) ([]Credential, error) {
	return s.store.Credentials(ctx, user, Token)
}

// Revoke ends a user's API token.
func (s *Service) Revoke(ctx context.Context, user, id string) error {
	if !maybeID(id) {
		return ErrNoCredential
	}
	return s.store.RemoveCredential(ctx, user, id)
}
