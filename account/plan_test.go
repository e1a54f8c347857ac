package account

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPlans(t *testing.T) {
	plans := DefaultPlans()
	if err := plans.check(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		user User
		want string
	}{
		{User{}, "free"}, {User{Plan: "basic"}, "basic"}, {User{Plan: "gone"}, "free"}, {User{Admin: true}, ""}, {User{Admin: true, Plan: "free"}, "free"},
	} {
		if got := plans.Of(row.user); got.ID != row.want {
			t.Errorf("%+v: %+v", row.user, got)
		}
	}
	free, _ := plans.Find("free")
	for _, row := range []struct {
		held Holding
		want error
	}{
		{Holding{}, nil}, {Holding{0, 119 * time.Minute}, nil}, {Holding{1, 0}, ErrSessions}, {Holding{0, 2 * time.Hour}, ErrMinutes},
	} {
		if err := free.Admit(row.held); !errors.Is(err, row.want) {
			t.Errorf("%+v: %v", row.held, err)
		}
	}
	if err := unlimited.Admit(Holding{1000, 1000 * time.Hour}); err != nil {
		t.Error(err)
	}
}

func FuzzParsePlans(f *testing.F) {
	good, err := json.Marshal(DefaultPlans())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(good), "", "{}", "[]", `{"default":"a","plans":[{"id":"a","name":"A"}]}`, `{"default":"a","plans":[{"id":"a","name":"A"},{"id":"a","name":"A"}]}`,
		`{"default":"b","plans":[{"id":"a","name":"A"}]}`, `{"default":"a","plans":[{"id":"a","name":"A","minutes":-1}]}`,
		`{"default":"a","plans":[{"id":"a","name":"A","hours":1}]}`, `{"default":"a","plans":[{"id":"a","name":"A\u0000"}]}`, `{}{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePlans(b)
		if err != nil {
			if !errors.Is(err, ErrPlans) || len(p.Plans) > 0 {
				t.Errorf("%q: %v %v", b, p, err)
			}
			return
		}
		if got := p.Of(User{}); got.ID != p.Default || got.Time() < 0 {
			t.Errorf("%q: %+v", b, got)
		}
	})
}

// TestNoTimeCountsTwice: whatever clocks beat when, what counts is no more than
// went by since the first beat, and by day it adds up.
func TestNoTimeCountsTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 31, 23, 58, 0, 0, time.UTC)
		mark, last := time.Time{}, start
		var total time.Duration
		for _, s := range rapid.SliceOf(rapid.IntRange(0, 600)).Draw(t, "beats") {
			now := start.Add(time.Duration(s) * time.Second)
			spans, next := Advance(mark, now)
			var sum time.Duration
			for _, span := range spans {
				sum += span.Long
				if span.Long <= 0 || span.Day < DayOf(mark) || span.Day > DayOf(now) {
					t.Fatalf("%v to %v: %+v", mark, now, spans)
				}
			}
			if next.Before(mark) || sum > next.Sub(mark) && !mark.IsZero() || sum > maxGap {
				t.Fatalf("%v to %v: %v, %+v", mark, now, next, spans)
			}
			mark, total = next, total+sum
			if now.After(last) {
				last = now
			}
		}
		if total > last.Sub(start) {
			t.Fatalf("%v of %v", total, last.Sub(start))
		}
	})
}
