package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/easel-live/easel/account"
)

const credentialColumns = "c.id, c.kind, c.user_id, c.hash, c.name, c.scopes, c.created, c.expires, c.used"

func readCredential(row scanner) (account.Credential, error) {
	var c account.Credential
	var scopes string
	var created, expires, used int64
	err := row.Scan(&c.ID, &c.Kind, &c.User, &c.Hash, &c.Name, &scopes, &created, &expires, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return c, account.ErrNoCredential
	}
	for word := range strings.FieldsSeq(scopes) {
		c.Scopes = append(c.Scopes, account.Scope(word))
	}
	c.Created, c.Expires, c.Used = moment(created), moment(expires), moment(used)
	return c, err
}

// AddCredential writes one down, within a user's bound for its kind.
func (s *Store) AddCredential(ctx context.Context, c account.Credential, most int, refuse bool) error {
	words := make([]string, len(c.Scopes))
	for i, scope := range c.Scopes {
		words[i] = string(scope)
	}
	err := s.within(ctx, func(tx *sql.Tx) error {
		// The user's row keeps two that are added at once from both fitting.
		if _, err := readUser(s.row(ctx, tx, "SELECT "+userColumns+" FROM users WHERE id = ?"+s.forUpdate, c.User)); err != nil {
			return err
		}
		if _, err := s.run(ctx, tx, "DELETE FROM credentials WHERE user_id = ? AND kind = ? AND expires <= ?", c.User, string(c.Kind), micros(c.Created)); err != nil {
			return err
		}
		if refuse {
			var n int
			if err := s.row(ctx, tx, "SELECT count(*) FROM credentials WHERE user_id = ? AND kind = ?", c.User, string(c.Kind)).Scan(&n); err != nil {
				return err
			}
			if n >= most {
				return account.ErrTooMany
			}
		}
		if _, err := s.run(ctx, tx, "INSERT INTO credentials (id, kind, user_id, hash, name, scopes, created, expires, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			c.ID, string(c.Kind), c.User, c.Hash, c.Name, strings.Join(words, " "), micros(c.Created), micros(c.Expires), micros(c.Used)); err != nil {
			return err
		}
		_, err := s.run(ctx, tx, `DELETE FROM credentials WHERE user_id = ? AND kind = ? AND id NOT IN
			(SELECT id FROM credentials WHERE user_id = ? AND kind = ? ORDER BY created DESC, id LIMIT ?)`,
			c.User, string(c.Kind), c.User, string(c.Kind), most)
		return err
	})
	return failed("adding a credential", err)
}

// Bearer is whose a secret is, and what it opens.
func (s *Store) Bearer(ctx context.Context, kind account.Kind, hash string, now time.Time) (account.Credential, account.User, error) {
	return s.bearer(ctx, s.db, kind, hash, now)
}

func (s *Store) bearer(ctx context.Context, q queryer, kind account.Kind, hash string, now time.Time) (account.Credential, account.User, error) {
	c, err := readCredential(s.row(ctx, q, "SELECT "+credentialColumns+" FROM credentials c WHERE hash = ? AND kind = ? AND expires > ?", hash, string(kind), micros(now)))
	if err != nil {
		return account.Credential{}, account.User{}, failed("looking for a credential", err)
	}
	u, err := readUser(s.row(ctx, q, "SELECT "+userColumns+" FROM users WHERE id = ? AND NOT disabled", c.User))
	if errors.Is(err, account.ErrNoUser) {
		err = account.ErrNoCredential
	}
	return c, u, failed("looking for a credential's user", err)
}

// Redeem is Bearer for what works once.
func (s *Store) Redeem(ctx context.Context, kind account.Kind, hash string, now time.Time) (c account.Credential, u account.User, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		if c, u, err = s.bearer(ctx, tx, kind, hash, now); err != nil {
			return err
		}
		n, err := s.run(ctx, tx, "DELETE FROM credentials WHERE id = ?", c.ID)
		if err == nil && n == 0 { // somebody else was faster
			err = account.ErrNoCredential
		}
		return err
	})
	return c, u, err
}

// Touch notes that a credential was used.
func (s *Store) Touch(ctx context.Context, id string, now time.Time) error {
	_, err := s.run(ctx, s.db, "UPDATE credentials SET used = ? WHERE id = ?", micros(now), id)
	return failed("noting a credential's use", err)
}

// Credentials are a user's of a kind, newest first.
func (s *Store) Credentials(ctx context.Context, user string, kind account.Kind) ([]account.Credential, error) {
	list, err := rows(ctx, s, s.db, readCredential, "SELECT "+credentialColumns+" FROM credentials c WHERE user_id = ? AND kind = ? ORDER BY created DESC, id", user, string(kind))
	return list, failed("listing credentials", err)
}

// RemoveCredential removes one of a user's.
func (s *Store) RemoveCredential(ctx context.Context, user, id string) error {
	n, err := s.run(ctx, s.db, "DELETE FROM credentials WHERE user_id = ? AND id = ?", user, id)
	if err == nil && n == 0 {
		return account.ErrNoCredential
	}
	return failed("removing a credential", err)
}

// RemoveCredentials removes a user's of some kinds, but one.
func (s *Store) RemoveCredentials(ctx context.Context, user, but string, kinds ...account.Kind) error {
	for _, kind := range kinds {
		if _, err := s.run(ctx, s.db, "DELETE FROM credentials WHERE user_id = ? AND kind = ? AND id <> ?", user, string(kind), but); err != nil {
			return failed("removing credentials", err)
		}
	}
	return nil
}

// Sweep removes what expired.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	_, err := s.run(ctx, s.db, "DELETE FROM credentials WHERE expires <= ?", micros(now))
	return failed("removing expired credentials", err)
}
