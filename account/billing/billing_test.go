package billing

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is whom is told: at first, nobody is there.
type receiver struct {
	mu     sync.Mutex
	away   bool
	events []event
}

func (r *receiver) post(_ context.Context, body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	r.events = append(r.events, e)
	if r.away {
		return errors.New("nobody is there") // though it may have arrived
	}
	return nil
}

// TestUsageIsToldUntilItArrives, by an ID that stays, though the server is started
// anew in between.
func TestUsageIsToldUntilItArrives(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "accounts.db")
	now := time.Date(2026, 1, 2, 23, 59, 30, 0, time.UTC)
	open := func() *store.Store {
		kept, err := store.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	kept := open()
	if err := kept.AddUser(ctx, account.User{ID: "u-ann", Name: "ann", Display: "Ann"}); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Reserve(ctx, account.Run{Session: "s", User: "u-ann", Payer: "u-ann", Plan: "free", Created: now, Beat: now}, now, func(account.Holding) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{now, now.Add(time.Minute)} { // past midnight
		if _, _, err := kept.Beat(ctx, "s", true, at); err != nil {
			t.Fatal(err)
		}
	}
	r := &receiver{away: true}
	look := func(s *store.Store, at time.Time) {
		b := &Biller{cfg: Config{Outbox: s, Post: r.post, Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler)}}
		b.look(ctx)
	}
	look(kept, now.Add(time.Minute))
	if len(r.events) != 0 {
		t.Errorf("told of a day that goes on: %+v", r.events)
	}
	later := now.Add(time.Hour)
	look(kept, later)
	look(kept, later.Add(time.Second)) // too soon to try again
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	kept = open()
	r.away = false
	for i := range 5 {
		look(kept, later.Add(time.Duration(i+1)*time.Minute))
	}
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	if len(r.events) != 2 {
		t.Fatalf("told %d times: %+v", len(r.events), r.events)
	}
	for _, e := range r.events {
		if e.ID != "usage-2026-01-02-u-ann" || e.Event != "usage" || e.Day != "2026-01-02" || e.Seconds != 30 || len(e.Runs) != 1 || e.Runs[0].Seconds != 30 || e.Runs[0].Plan != "free" {
			t.Errorf("%+v", e)
		}
	}
}

// TestABillerEnds when it is closed, whatever it does.
func TestABillerEnds(t *testing.T) {
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "accounts.db"))
	if err != nil {
		t.Fatal(err)
	}
	b := Start(Config{Outbox: kept, Post: (&receiver{}).post, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	b.Close()
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
}
