package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/easel-live/easel/account"
)

// wish is a run that somebody wants.
func wish(u account.User, session string) account.Run {
	return account.Run{Session: session, Name: "A drawing", User: u.ID, Payer: u.ID, Created: day(2), Beat: day(2)}
}

func anyhow(account.Holding) error { return nil }

// TestAPlanForOneGrantsOne, though ten clicks come at once, to two servers: for a
// person's plan, and for a team's whoever of it clicks.
func TestAPlanForOneGrantsOne(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ann, bob := add(t, s, "ann", nil), add(t, s, "bob", nil)
		team := found(t, s, "t-1", ann)
		other := s
		if !s.numbered { // another process has the file open as well
			var path string
			if err := s.db.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
				t.Fatal(err)
			}
			other = open(t, path)
		}
		for _, payer := range []string{ann.ID, team.ID} {
			plan := account.Plan{Name: "One", Sessions: 1}
			errs := atOnce(10, func(i int) error {
				who, at := ann, []*Store{s, other}[i%2]
				if payer == team.ID && i%3 == 0 {
					who = bob
				}
				r := wish(who, fmt.Sprintf("s-%s-%d", payer, i))
				r.Payer = payer
				_, err := at.Reserve(ctx, r, day(1), plan.Admit)
				return err
			})
			if count(errs, nil) != 1 || count(errs, account.ErrSessions) != 9 {
				t.Errorf("%s: %v", payer, errs)
			}
		}
	})
}

// TestOneKeyStartsOnce, though it comes ten times at once.
func TestOneKeyStartsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ann := add(t, s, "ann", nil)
		errs := atOnce(10, func(i int) error {
			r := wish(ann, fmt.Sprint("s", i))
			r.Key, r.Wish = "key", "wish"
			_, err := s.Reserve(context.Background(), r, day(1), anyhow)
			return err
		})
		if count(errs, nil) != 1 || count(errs, account.ErrRepeated) != 9 {
			t.Errorf("%v", errs)
		}
		r := wish(ann, "s")
		r.Key, r.Wish = "key", "another wish"
		if _, err := s.Reserve(t.Context(), r, day(1), anyhow); !errors.Is(err, account.ErrKey) {
			t.Error(err)
		}
		if _, err := s.Reserve(t.Context(), r, day(3), anyhow); err != nil {
			t.Errorf("the key is forgotten by now: %v", err)
		}
	})
}

// TestTimeCountsOnce, whichever servers beat, and for who pays.
func TestTimeCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ann := add(t, s, "ann", nil)
		team := found(t, s, "t-1", ann)
		for i, payer := range []string{ann.ID, team.ID} {
			session := fmt.Sprint("s", i)
			r := wish(ann, session)
			r.Payer = payer
			if _, err := s.Reserve(ctx, r, day(1), anyhow); err != nil {
				t.Fatal(err)
			}
			at := day(2)
			for range 5 {
				beats := atOnce(4, func(int) error {
					_, _, err := s.Beat(ctx, session, true, at)
					return err
				})
				if count(beats, nil) != 4 {
					t.Fatal(beats)
				}
				at = at.Add(account.BeatEvery)
			}
			// The server dies. Much later its runs are found, and end as of their last
			// sign of life; what came after counts for nobody.
			if n, err := s.FinishStale(ctx, at.Add(time.Hour)); n != 1 || err != nil {
				t.Error(n, err)
			}
			if err := s.Finish(ctx, session, "", at.Add(2*time.Hour)); err != nil {
				t.Error(err)
			}
			held, err := s.Holds(ctx, payer, day(2))
			if err != nil || held != (account.Holding{Used: 4 * account.BeatEvery}) {
				t.Errorf("%s: %+v %v", payer, held, err)
			}
			uses, err := s.Uses(ctx, payer, account.DayOf(day(1)), account.DayOf(day(9)))
			if err != nil || len(uses) != 1 || uses[0].Long != held.Used || uses[0].Payer != payer || uses[0].Login != "ann" {
				t.Errorf("%+v %v", uses, err)
			}
		}
		past, err := s.Past(ctx, ann.ID, 0, 10)
		if err != nil || len(past) != 2 || past[0].Session != "s1" {
			t.Errorf("%+v %v", past, err)
		}
		if _, err := s.Last(ctx, "none"); !errors.Is(err, account.ErrNoRun) {
			t.Error(err)
		}
	})
}

// TestHowLaunchesWent: when a run was ready first, or why it never was.
func TestHowLaunchesWent(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := add(t, s, "ann", nil)
		for i := range 3 {
			r := wish(ann, fmt.Sprint("s", i))
			r.Created = day(2 + i)
			if _, err := s.Reserve(ctx, r, day(1), anyhow); err != nil {
				t.Fatal(err)
			}
		}
		ready := day(3).Add(time.Second)
		for _, at := range []time.Time{ready, ready.Add(time.Minute)} {
			if _, _, err := s.Beat(ctx, "s1", true, at); err != nil {
				t.Fatal(err)
			}
		}
		for _, session := range []string{"s1", "s2"} {
			if err := s.Finish(ctx, session, "GIMP went away.", day(5)); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Launches(ctx, day(3), 10)
		if err != nil || len(list) != 2 || list[0].Failure != "GIMP went away." || !list[0].Ready.IsZero() ||
			list[1].Failure != "" || !list[1].Ready.Equal(ready) {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// TestWhatDidNotStart holds no place.
func TestWhatDidNotStart(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ann := add(t, s, "ann", nil)
		r, err := s.Reserve(t.Context(), wish(ann, "s"), day(1), anyhow)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Cancel(t.Context(), r.ID); err != nil {
			t.Error(err)
		}
		if held, err := s.Holds(t.Context(), ann.ID, day(2)); err != nil || held.Sessions != 0 {
			t.Error(held, err)
		}
		if _, err := s.Reserve(t.Context(), account.Run{User: "u-none", Payer: "u-none"}, day(1), anyhow); !errors.Is(err, account.ErrNoUser) {
			t.Error(err)
		}
	})
}
