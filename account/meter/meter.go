// Package meter meters the sessions of a server: it beats for each one that is
// ready, warns the people in it before its owner's plan runs out, and ends it,
// as its owner would, when it has.
package meter

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/session"
)

// Sessions are those of this server.
type Sessions interface {
	List() []session.Session
	WatchAll(ctx context.Context) iter.Seq[session.Session]
	End(ctx context.Context, id string) error
}

// Config is what a Meter needs from its surroundings.
type Config struct {
	Accounts *account.Accountant
	Sessions Sessions
	Notify   session.Notifier
	Now      func() time.Time
	Log      *slog.Logger
}

// warnings are told when so much time is left, each once.
var warnings = []time.Duration{10 * time.Minute, 2 * time.Minute}

// endWithin is how long the end of a session may take before the next beat
// tries again.
const endWithin = time.Minute

// Meter meters. Only its goroutine touches its maps.
type Meter struct {
	cfg     Config
	running map[string]bool // sessions with a run that is not finished
	warned  map[string]int  // how many warnings a session has had
	ending  sync.Map        // IDs of sessions that are being ended for want of time
	ends    sync.WaitGroup

	cancel context.CancelFunc
	done   chan struct{}
}

// Start begins to meter; Close ends it.
func Start(cfg Config) *Meter {
	ctx, cancel := context.WithCancel(context.Background())
	m := newMeter(cfg)
	m.cancel = cancel
	go m.run(ctx)
	return m
}

func newMeter(cfg Config) *Meter {
	return &Meter{cfg: cfg, running: make(map[string]bool), warned: make(map[string]int), done: make(chan struct{})}
}

// Close ends the metering, once everything that is over is written down.
func (m *Meter) Close() {
	m.cancel()
	<-m.done
	m.ends.Wait()
}

func (m *Meter) run(ctx context.Context) {
	defer close(m.done)
	changes := make(chan session.Session)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(changes)
		for s := range m.cfg.Sessions.WatchAll(ctx) {
			select {
			case changes <- s:
			case <-ctx.Done():
				return
			}
		}
	})
	defer wg.Wait()
	tick := time.NewTicker(account.BeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			m.last()
			return
		case s, ok := <-changes:
			if ok {
				m.look(ctx, s)
			}
		case <-tick.C:
			m.tick(ctx)
		}
	}
}

// look meters one session as it is now.
func (m *Meter) look(ctx context.Context, s session.Session) {
	now := m.cfg.Now()
	if !s.Alive() {
		if m.running[s.ID] {
			m.finish(ctx, s.ID, s.Reason, now)
		}
		return
	}
	m.running[s.ID] = true
	left, limited, err := m.cfg.Accounts.Beat(ctx, s.ID, s.State == session.Ready, now)
	if err != nil {
		if ctx.Err() == nil {
			m.cfg.Log.Error("a session was not metered", "session", s.ID, "error", err)
		}
		return
	}
	if limited {
		m.within(s, left)
	}
}

// within warns, or ends a session whose owner has no time left.
func (m *Meter) within(s session.Session, left time.Duration) {
	if left == 0 {
		m.end(s)
		return
	}
	n := 0
	for n < len(warnings) && left <= warnings[n] {
		n++
	}
	if n > m.warned[s.ID] {
		minutes := int(math.Ceil(left.Minutes()))
		m.cfg.Notify(s.Room, "plan-low", fmt.Sprintf("%d minutes of the plan are left this month. Then the session ends; its files stay.", minutes))
	}
	m.warned[s.ID] = n
}

// end ends a session for want of time, beside the metering of others.
func (m *Meter) end(s session.Session) {
	if _, already := m.ending.LoadOrStore(s.ID, true); already {
		return
	}
	m.cfg.Log.Info("the plan's time is used up: the session ends", "session", s.ID, "owner", s.Owner)
	m.cfg.Notify(s.Room, "plan-over", "The plan's time for this month is used up: the session ends now. Its files stay.")
	m.ends.Go(func() {
		defer m.ending.Delete(s.ID)
		ctx, cancel := context.WithTimeout(context.Background(), endWithin)
		defer cancel()
		if err := m.cfg.Sessions.End(ctx, s.ID); err != nil {
			m.cfg.Log.Error("a session without time left does not end", "session", s.ID, "error", err)
		}
	})
}

// tick meters all there is, and ends the runs of servers that are gone.
func (m *Meter) tick(ctx context.Context) {
	for _, s := range m.cfg.Sessions.List() {
		m.look(ctx, s)
	}
	n, err := m.cfg.Accounts.FinishStale(ctx, m.cfg.Now())
	if err != nil && ctx.Err() == nil {
		m.cfg.Log.Error("stale runs were not ended", "error", err)
	}
	if n > 0 {
		m.cfg.Log.Warn("runs of a server that is gone were ended", "runs", n)
	}
}

// last writes down what ended while the metering did.
func (m *Meter) last() {
	ctx := context.Background()
	now := make(map[string]session.Session)
	for _, s := range m.cfg.Sessions.List() {
		now[s.ID] = s
	}
	for id := range m.running {
		if s, known := now[id]; !known || !s.Alive() {
			m.finish(ctx, id, s.Reason, m.cfg.Now())
		}
	}
}

func (m *Meter) finish(ctx context.Context, id, failure string, now time.Time) {
	if err := m.cfg.Accounts.Finish(ctx, id, failure, now); err != nil {
		// It stays among the running; without beats it soon counts as stale.
		m.cfg.Log.Error("the end of a session was not written down", "session", id, "error", err)
		return
	}
	delete(m.running, id)
	delete(m.warned, id)
}
