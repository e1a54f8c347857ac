package account

import (
	"context"
	"time"
)

// Store keeps what the service must not forget. Its methods are atomic.
type Store interface {
	People
	Credentials
	Journal
	Ledger
	TeamStore
	Outbox
}

// People are the users.
type People interface {
	// AddUser fails with ErrTaken when the name or the subject is somebody's.
	AddUser(ctx context.Context, u User) error
	// User, UserNamed and UserAt fail with ErrNoUser.
	User(ctx context.Context, id string) (User, error)
	UserNamed(ctx context.Context, name string) (User, error)
	UserAt(ctx context.Context, issuer, subject string) (User, error)
	// Users come by name, after the given one.
	Users(ctx context.Context, after string, limit int) ([]User, error)
	// Admins is how many administrators can come in, and the oldest of them.
	Admins(ctx context.Context) (int, User, error)
	// ChangeUser applies f and writes the user, unless f fails or, with ErrLast,
	// no administrator would be left. Nobody else changes users meanwhile.
	ChangeUser(ctx context.Context, id string, f func(*User) error) (User, error)
	// RemoveUser removes a user with all that is theirs, or fails as ChangeUser.
	RemoveUser(ctx context.Context, id string) error
}

// Credentials are what people come in by.
type Credentials interface {
	// AddCredential writes one down; beyond most of that kind and user, the
	// oldest make room, or with refuse it fails with ErrTooMany.
	AddCredential(ctx context.Context, c Credential, most int, refuse bool) error
	// Bearer is whose a secret is, if it is good now: ErrNoCredential if not.
	Bearer(ctx context.Context, kind Kind, hash string, now time.Time) (Credential, User, error)
	// Redeem is Bearer for what works once.
	Redeem(ctx context.Context, kind Kind, hash string, now time.Time) (Credential, User, error)
	// Touch notes that a credential was used.
	Touch(ctx context.Context, id string, now time.Time) error
	// Credentials are a user's of a kind, newest first.
	Credentials(ctx context.Context, user string, kind Kind) ([]Credential, error)
	// RemoveCredential fails with ErrNoCredential if the user has none so.
	RemoveCredential(ctx context.Context, user, id string) error
	// RemoveCredentials removes a user's of these kinds, but the one with the ID.
	RemoveCredentials(ctx context.Context, user, but string, kinds ...Kind) error
	// Sweep removes what expired.
	Sweep(ctx context.Context, now time.Time) error
}

// Journal is the audit log.
type Journal interface {
	Note(ctx context.Context, e Event) error
	// Events come latest first, before the given ID if that is not zero.
	Events(ctx context.Context, before int64, limit int) ([]Event, error)
	// Forget drops the events of before.
	Forget(ctx context.Context, before time.Time) error
}
