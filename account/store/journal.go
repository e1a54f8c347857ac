package store

import (
	"context"
	"math"
	"time"

	"github.com/easel-live/easel/account"
)

func readEvent(row scanner) (account.Event, error) {
	var e account.Event
	var at int64
	err := row.Scan(&e.ID, &at, &e.Actor, &e.Name, &e.Action, &e.Target, &e.Address, &e.Detail)
	e.At = moment(at)
	return e, err
}

// Note writes an event down.
func (s *Store) Note(ctx context.Context, e account.Event) error {
	_, err := s.run(ctx, s.db, "INSERT INTO events (at, actor, name, action, target, address, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
		micros(e.At), e.Actor, e.Name, e.Action, e.Target, e.Address, e.Detail)
	return failed("writing the journal", err)
}

// Events come latest first.
func (s *Store) Events(ctx context.Context, before int64, limit int) ([]account.Event, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	list, err := rows(ctx, s, s.db, readEvent, "SELECT id, at, actor, name, action, target, address, detail FROM events WHERE id < ? ORDER BY id DESC LIMIT ?", before, limit)
	return list, failed("reading the journal", err)
}

// Forget drops the events of before.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	_, err := s.run(ctx, s.db, "DELETE FROM events WHERE at < ?", micros(before))
	return failed("forgetting events", err)
}
