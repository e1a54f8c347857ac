package store

import (
	"context"
	"testing"
	"time"

	"github.com/easel-live/easel/account"
)

// TestStatements: one for each payer and day that is over, whoever makes them, and
// each to one at a time until it is delivered.
func TestStatements(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ann, bob := add(t, s, "ann", nil), add(t, s, "bob", nil)
		for _, u := range []account.User{ann, bob} {
			if _, err := s.Reserve(ctx, wish(u, "s-"+u.Name), day(1), anyhow); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				if _, _, err := s.Beat(ctx, "s-"+u.Name, true, day(2).Add(time.Duration(i)*account.BeatEvery)); err != nil {
					t.Fatal(err)
				}
			}
		}
		state := func(now time.Time) {
			t.Helper()
			for _, err := range atOnce(4, func(int) error {
				from, to := account.Settled(now)
				_, err := s.State(ctx, from, to, now)
				return err
			}) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		night := time.Date(2026, 1, 3, 0, 5, 0, 0, time.UTC)
		state(night)
		if due, err := s.Due(ctx, night, 10); err != nil || len(due) != 0 {
			t.Errorf("the day is not settled: %v %v", due, err)
		}
		now := day(3)
		state(now)
		got := make([][]account.Statement, 4)
		for i, err := range atOnce(4, func(i int) (err error) { got[i], err = s.Due(ctx, now, 10); return err }) {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		var due []account.Statement
		for _, some := range got {
			due = append(due, some...)
		}
		if len(due) != 2 || due[0].ID() != "usage-2026-01-02-u-ann" || due[0].Long != 2*account.BeatEvery || due[0].Attempts != 1 {
			t.Fatalf("%+v", due)
		}
		if err := s.Delivered(ctx, due[0], now); err != nil {
			t.Error(err)
		}
		if due, err := s.Due(ctx, now.Add(59*time.Second), 10); err != nil || len(due) != 0 {
			t.Errorf("not yet: %v %v", due, err)
		}
		state(now.Add(time.Hour))
		if due, err := s.Due(ctx, now.Add(time.Minute), 10); err != nil || len(due) != 1 || due[0].Payer != bob.ID || due[0].Attempts != 2 {
			t.Errorf("%+v %v", due, err)
		}
		// What was delivered long ago is forgotten, and not made again.
		much := now.Add(100 * 24 * time.Hour)
		state(much)
		if due, err := s.Due(ctx, much, 10); err != nil || len(due) != 1 {
			t.Errorf("%+v %v", due, err)
		}
	})
}
