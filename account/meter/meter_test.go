package meter

import (
	"context"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/store"
	"github.com/easel-live/easel/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a server's sessions, and the people in them.
type desk struct {
	mu       sync.Mutex
	sessions []session.Session
	told     []string
	changes  chan session.Session
}

func (d *desk) List() []session.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sessions)
}

func (d *desk) WatchAll(ctx context.Context) iter.Seq[session.Session] {
	return func(yield func(session.Session) bool) {
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-d.changes:
				if !yield(s) {
					return
				}
			}
		}
	}
}

func (d *desk) End(_ context.Context, id string) error {
	d.set(id, session.Ended)
	return nil
}

func (d *desk) set(id string, state session.State) session.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.sessions, func(s session.Session) bool { return s.ID == id })
	d.sessions[i].State = state
	return d.sessions[i]
}

func (d *desk) notify(_, code, _ string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, code)
}

type scene struct {
	*Meter
	desk     *desk
	accounts *account.Accountant
	ann      account.User
	now      time.Time
}

// open has one user with a plan of twenty minutes and one starting session.
func open(t *testing.T) *scene {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "accounts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	sc := &scene{desk: &desk{changes: make(chan session.Session)}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	sc.ann = account.User{ID: "u-ann", Name: "ann", Display: "Ann", Created: sc.now}
	if err := kept.AddUser(t.Context(), sc.ann); err != nil {
		t.Fatal(err)
	}
	plans := account.Plans{Default: "short", Plans: []account.Plan{{ID: "short", Name: "Short", Minutes: 20, Sessions: 1}}}
	sc.accounts = account.NewAccountant(kept, plans)
	sc.Meter = newMeter(Config{
		Accounts: sc.accounts, Sessions: sc.desk, Notify: sc.desk.notify,
		Now: func() time.Time { return sc.now }, Log: slog.New(slog.DiscardHandler),
	})
	if _, _, err := sc.accounts.Start(t.Context(), sc.ann, account.Team{}, account.Run{Session: "s1"}, sc.now); err != nil {
		t.Fatal(err)
	}
	sc.desk.sessions = []session.Session{{ID: "s1", Room: "s1", Owner: sc.ann.ID, State: session.Starting}}
	return sc
}

func (sc *scene) pass(t *testing.T, long time.Duration) {
	t.Helper()
	for until := sc.now.Add(long); sc.now.Before(until); {
		sc.now = sc.now.Add(account.BeatEvery)
		sc.tick(t.Context())
		sc.ends.Wait()
	}
}

func (sc *scene) used(t *testing.T) account.Holding {
	t.Helper()
	h, err := sc.accounts.Holds(t.Context(), sc.ann.ID, sc.now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAPlanRunsOut(t *testing.T) {
	sc := open(t)
	sc.pass(t, 5*time.Minute)
	if h := sc.used(t); h.Used != 0 || h.Sessions != 1 {
		t.Errorf("waiting costs: %+v", h)
	}
	sc.look(t.Context(), sc.desk.set("s1", session.Ready))
	sc.pass(t, 9*time.Minute)
	if h := sc.used(t); h.Used != 9*time.Minute || len(sc.desk.told) != 0 {
		t.Errorf("%+v %v", h, sc.desk.told)
	}
	sc.pass(t, 10*time.Minute)
	if !slices.Equal(sc.desk.told, []string{"plan-low", "plan-low"}) {
		t.Errorf("told %v", sc.desk.told)
	}
	sc.pass(t, 2*time.Minute)
	if s := sc.desk.List()[0]; s.State != session.Ended || sc.desk.told[2] != "plan-over" || len(sc.desk.told) != 3 {
		t.Errorf("%+v, told %v", s, sc.desk.told)
	}
	if h := sc.used(t); h.Sessions != 0 || h.Used != 20*time.Minute+account.BeatEvery {
		t.Errorf("%+v", h)
	}
	if _, _, err := sc.accounts.Start(t.Context(), sc.ann, account.Team{}, account.Run{Session: "s2"}, sc.now); err == nil {
		t.Error("another one was started")
	}
}

// TestAServerThatDied: the next one goes on with the run, and what nobody
// looked after is free.
func TestAServerThatDied(t *testing.T) {
	sc := open(t)
	sc.desk.set("s1", session.Ready)
	sc.pass(t, 3*time.Minute)
	before := sc.used(t).Used
	sc.now = sc.now.Add(time.Hour)
	sc.Meter = newMeter(sc.cfg)
	sc.tick(t.Context())
	if h := sc.used(t); h.Used > before+4*account.BeatEvery || h.Sessions != 1 {
		t.Errorf("%v before, %+v after", before, h)
	}
	// And one whose session died with it.
	sc.desk.sessions = nil
	sc.now = sc.now.Add(account.StaleAfter + time.Second)
	sc.tick(t.Context())
	if h := sc.used(t); h.Sessions != 0 {
		t.Errorf("a session that is gone holds a place: %+v", h)
	}
}

func TestTheEndIsWrittenDownWhenTheServerStops(t *testing.T) {
	sc := open(t)
	sc.Meter = Start(sc.cfg)
	sc.desk.changes <- sc.desk.set("s1", session.Ready)
	sc.desk.changes <- sc.desk.set("s1", session.Ready) // the first has been looked at
	sc.desk.set("s1", session.Ended)
	sc.Close()
	if h := sc.used(t); h.Sessions != 0 {
		t.Errorf("%+v", h)
	}
}
