// Package billing tells whoever bills for it what each payer used, a statement
// for each day: at least once, and knowable by its ID as one. Statements wait in
// the store, so that neither a receiver that is away nor a server that dies
// loses one, and several servers share the work.
package billing

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/easel-live/easel/account"
)

// Config is what a Biller needs from its surroundings.
type Config struct {
	Outbox account.Outbox
	// Post delivers a body; what it does not say to have arrived is tried again.
	Post func(ctx context.Context, body []byte) error
	Now  func() time.Time
	Log  *slog.Logger
}

// Every is how often it is looked for statements to deliver, and batch how many
// at once.
const (
	Every = time.Minute
	batch = 100
)

// Biller delivers statements until Close.
type Biller struct {
	cfg    Config
	cancel context.CancelFunc
	done   chan struct{}
}

// Start begins to deliver.
func Start(cfg Config) *Biller {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Biller{cfg: cfg, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		tick := time.NewTicker(Every)
		defer tick.Stop()
		for {
			b.look(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return b
}

// Close ends it; an attempt under way is broken off and comes again.
func (b *Biller) Close() {
	b.cancel()
	<-b.done
}

// look makes what statements can be made, and delivers what is due.
func (b *Biller) look(ctx context.Context) {
	now := b.cfg.Now()
	from, to := account.Settled(now)
	if _, err := b.cfg.Outbox.State(ctx, from, to, now); err != nil {
		b.complain(ctx, "statements of usage were not made", err)
		return
	}
	for {
		due, err := b.cfg.Outbox.Due(ctx, now, batch)
		if err != nil {
			b.complain(ctx, "statements of usage were not looked for", err)
			return
		}
		for _, s := range due {
			if err := b.deliver(ctx, s); err != nil {
				b.complain(ctx, "a statement of usage was not delivered", err, "id", s.ID(), "attempt", s.Attempts, "again", account.PutOff(s.Attempts))
			}
		}
		if len(due) < batch {
			return
		}
	}
}

func (b *Biller) complain(ctx context.Context, what string, err error, more ...any) {
	if ctx.Err() == nil {
		b.cfg.Log.Warn(what, append([]any{"error", err}, more...)...)
	}
}

// event is a statement as it is told.
type event struct {
	ID      string `json:"id"`
	Event   string `json:"event"`
	Day     string `json:"day"`
	Payer   string `json:"payer"`
	Seconds int64  `json:"seconds"`
	Runs    []run  `json:"runs"`
}

// run is a part of it: one life of a session.
type run struct {
	Run     int64  `json:"run"`
	Session string `json:"session"`
	User    string `json:"user"`
	Plan    string `json:"plan"`
	Seconds int64  `json:"seconds"`
}

func (b *Biller) deliver(ctx context.Context, s account.Statement) error {
	uses, err := b.cfg.Outbox.Uses(ctx, s.Payer, s.Day, s.Day+1)
	if err != nil {
		return err
	}
	e := event{ID: s.ID(), Event: "usage", Day: s.Day.Time().Format(time.DateOnly), Payer: s.Payer, Seconds: seconds(s.Long), Runs: []run{}}
	for _, u := range uses {
		e.Runs = append(e.Runs, run{u.Run, u.Session, u.User, u.Plan, seconds(u.Long)})
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := b.cfg.Post(ctx, body); err != nil {
		return err
	}
	return b.cfg.Outbox.Delivered(ctx, s, b.cfg.Now())
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
