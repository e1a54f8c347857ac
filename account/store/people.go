package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/easel-live/easel/account"
)

const userColumns = "id, name, display, email, admin, disabled, password, coalesce(issuer, ''), coalesce(subject, ''), created, plan"

func readUser(row scanner) (account.User, error) {
	var u account.User
	var created int64
	err := row.Scan(&u.ID, &u.Name, &u.Display, &u.Email, &u.Admin, &u.Disabled, &u.Password, &u.Issuer, &u.Subject, &created, &u.Plan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, account.ErrNoUser
	}
	u.Created = moment(created)
	return u, err
}

// null is a string for a column in which an empty one is nothing.
func null(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// AddUser writes a new user down.
func (s *Store) AddUser(ctx context.Context, u account.User) error {
	_, err := s.run(ctx, s.db, "INSERT INTO users (id, name, display, email, admin, disabled, password, issuer, subject, created, plan) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		u.ID, u.Name, u.Display, u.Email, u.Admin, u.Disabled, u.Password, null(u.Issuer), null(u.Subject), micros(u.Created), u.Plan)
	if taken(err) {
		return account.ErrTaken
	}
	return failed("adding a user", err)
}

// User is the one with the ID.
func (s *Store) User(ctx context.Context, id string) (account.User, error) {
	return s.userWhere(ctx, "id = ?", id)
}

// UserNamed is the one who logs in so.
func (s *Store) UserNamed(ctx context.Context, name string) (account.User, error) {
	return s.userWhere(ctx, "name = ?", name)
}

// UserAt is the one whom an OpenID provider knows so.
func (s *Store) UserAt(ctx context.Context, issuer, subject string) (account.User, error) {
	return s.userWhere(ctx, "issuer = ? AND subject = ?", issuer, subject)
}

func (s *Store) userWhere(ctx context.Context, condition string, args ...any) (account.User, error) {
	u, err := readUser(s.row(ctx, s.db, "SELECT "+userColumns+" FROM users WHERE "+condition, args...))
	return u, failed("looking for a user", err)
}

// Users are a page of them by name.
func (s *Store) Users(ctx context.Context, after string, limit int) ([]account.User, error) {
	list, err := rows(ctx, s, s.db, readUser, "SELECT "+userColumns+" FROM users WHERE name > ? ORDER BY name LIMIT ?", after, limit)
	return list, failed("listing users", err)
}

// Admins is how many administrators can come in, and the oldest.
func (s *Store) Admins(ctx context.Context) (int, account.User, error) {
	list, err := rows(ctx, s, s.db, readUser, "SELECT "+userColumns+" FROM users WHERE admin AND NOT disabled ORDER BY created, id")
	if err != nil || len(list) == 0 {
		return 0, account.User{}, failed("looking for administrators", err)
	}
	return len(list), list[0], nil
}

// ChangeUser applies f to a user while nobody else changes any.
func (s *Store) ChangeUser(ctx context.Context, id string, f func(*account.User) error) (account.User, error) {
	var u account.User
	err := s.within(ctx, func(tx *sql.Tx) (err error) {
		if err := s.lock(ctx, tx, lockAdmins); err != nil {
			return err
		}
		if u, err = readUser(s.row(ctx, tx, "SELECT "+userColumns+" FROM users WHERE id = ?", id)); err != nil {
			return err
		}
		if err := f(&u); err != nil {
			return err
		}
		if _, err = s.run(ctx, tx, "UPDATE users SET name = ?, display = ?, email = ?, admin = ?, disabled = ?, password = ?, plan = ? WHERE id = ?",
			u.Name, u.Display, u.Email, u.Admin, u.Disabled, u.Password, u.Plan, id); err != nil {
			return err
		}
		return s.keepAdmin(ctx, tx)
	})
	if taken(err) {
		err = account.ErrTaken
	}
	return u, failed("changing a user", err)
}

// RemoveUser removes a user; what is theirs goes with them.
func (s *Store) RemoveUser(ctx context.Context, id string) error {
	err := s.within(ctx, func(tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockAdmins); err != nil {
			return err
		}
		n, err := s.run(ctx, tx, "DELETE FROM users WHERE id = ?", id)
		switch {
		case err != nil:
			return err
		case n == 0:
			return account.ErrNoUser
		}
		return s.keepAdmin(ctx, tx)
	})
	return failed("removing a user", err)
}

// keepAdmin fails when no administrator could come in any more.
func (s *Store) keepAdmin(ctx context.Context, tx *sql.Tx) error {
	var n int
	err := s.row(ctx, tx, "SELECT count(*) FROM users WHERE admin AND NOT disabled").Scan(&n)
	if err == nil && n == 0 {
		err = account.ErrLast
	}
	return err
}

// failed says what a statement was for when it failed.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
