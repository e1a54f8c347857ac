package session

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a launcher that starts nothing: tests play its part.
type stage struct {
	mu      sync.Mutex
	obs     map[string]Observer
	ended   map[string]int
	endWith error
	left    []Spec // for Adopt
}

type play struct {
	s  *stage
	id string
}

func (p play) End(context.Context) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.ended[p.id]++
	return p.s.endWith
}

func (s *stage) Plan() []Step {
	return []Step{{"display", "Starting the display", Pending}, {"gimp", "Starting GIMP", Pending}, {StreamStep, "Starting the stream", Pending}}
}

func (s *stage) Launch(spec Spec, obs Observer) Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.obs[spec.ID] = obs
	return play{s, spec.ID}
}

func (s *stage) Adopt(_ context.Context, found func(Spec) Observer) (map[string]Run, error) {
	runs := make(map[string]Run)
	for _, spec := range s.left {
		s.obs[spec.ID] = found(spec)
		runs[spec.ID] = play{s, spec.ID}
	}
	return runs, nil
}

type theatre struct {
	*Service
	stage   *stage
	notices []string
}

func open() *theatre {
	th := &theatre{stage: &stage{obs: make(map[string]Observer), ended: make(map[string]int)}}
	th.Service = NewService(Config{
		Launcher: th.stage, Max: 2, Keep: 1, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Notify: func(room, code, _ string) { th.notices = append(th.notices, room+" "+code) },
	})
	return th
}

func (th *theatre) create(t *testing.T) (Session, Observer) {
	t.Helper()
	s, err := th.Create(Wish{ID: NewID(), Name: "Drawing", Owner: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return s, th.stage.obs[s.ID]
}

func (th *theatre) find(t *testing.T, id string) Session {
	t.Helper()
	s, err := th.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadyWhenEveryStepIsDoneAndEverAfter(t *testing.T) {
	th := open()
	s, obs := th.create(t)
	if s.State != Starting || s.Steps[0].State != Pending {
		t.Fatalf("%+v", s)
	}
	th.AgentConnected(s.Room)
	obs.Step("display", Done)
	obs.Placed(":3", "/w")
	if now := th.find(t, s.ID); now.State != Starting || now.Display != ":3" || now.Workspace != "/w" {
		t.Errorf("%+v", now)
	}
	obs.Step("gimp", Done)
	if now := th.find(t, s.ID); now.State != Ready {
		t.Errorf("%+v", now)
	}
	obs.Step("gimp", Active)
	obs.Notice("gimp-restarted", "GIMP stopped")
	th.AgentLost(s.Room)
	if now := th.find(t, s.ID); now.State != Ready || now.Steps[1].State != Active || now.Steps[2].State != Active {
		t.Errorf("a ready session did not stay so: %+v", now)
	}
	if len(th.notices) != 1 || th.notices[0] != s.Room+" gimp-restarted" {
		t.Errorf("told: %v", th.notices)
	}
	obs.Step("unknown", Done)
	th.AgentConnected("unknown")
}

func TestFailure(t *testing.T) {
	th := open()
	s, obs := th.create(t)
	obs.Step("gimp", Active)
	obs.Failed(errors.New("GIMP is not installed"))
	obs.Step("gimp", Done) // too late
	th.AgentConnected(s.Room)
	now := th.find(t, s.ID)
	if now.State != Failed || now.Reason != "GIMP is not installed" || now.Steps[1].State != StepFailed || now.Steps[2].State != Pending {
		t.Errorf("%+v", now)
	}
	if list := th.List(); len(list) != 1 {
		t.Errorf("a failed session is not listed: %v", list)
	}
	if err := th.End(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if list := th.List(); len(list) != 0 {
		t.Errorf("an ended session is listed: %v", list)
	}
}

func TestEnd(t *testing.T) {
	th := open()
	s, obs := th.create(t)
	th.stage.endWith = errors.New("it does not die")
	if err := th.End(t.Context(), s.ID); err == nil || th.find(t, s.ID).State == Ended {
		t.Errorf("ended what did not end: %v", err)
	}
	th.stage.endWith = nil
	obs.Notice("gimp-restarted", "GIMP stopped") // because it is being ended: nobody needs to know
	obs.Failed(errors.New("killed"))
	if err := th.End(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if now := th.find(t, s.ID); now.State != Ended || now.Reason != "" || len(th.notices) != 0 {
		t.Errorf("%+v %v", now, th.notices)
	}
	if err := th.End(t.Context(), s.ID); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := th.End(t.Context(), "unknown"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestLimits(t *testing.T) {
	th := open()
	first, _ := th.create(t)
	second, _ := th.create(t)
	if _, err := th.Create(Wish{ID: NewID()}); !errors.Is(err, ErrTooMany) {
		t.Errorf("third: %v", err)
	}
	for _, s := range []Session{first, second} {
		if err := th.End(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := th.Find(first.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("more ended sessions than Keep are remembered: %v", err)
	}
	if len(th.rooms) != 1 || len(th.entries) != 1 {
		t.Errorf("%d rooms, %d entries", len(th.rooms), len(th.entries))
	}
	for _, name := range []string{strings.Repeat("x", room.MaxNameBytes+1), "a\x00b", "\xff"} {
		if _, err := th.Create(Wish{ID: NewID(), Name: name}); !errors.Is(err, room.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if s, err := th.Create(Wish{ID: NewID(), Name: "  "}); err != nil || !strings.HasPrefix(s.Name, "Untitled ") {
		t.Errorf("%+v %v", s, err)
	}
}

// TestASessionThatIsOverStartsAgain on the workspace that its ID names.
func TestASessionThatIsOverStartsAgain(t *testing.T) {
	th := open()
	s, _ := th.create(t)
	if _, err := th.Create(Wish{ID: s.ID}); !errors.Is(err, ErrRuns) {
		t.Errorf("while it runs: %v", err)
	}
	if err := th.End(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	again, err := th.Create(Wish{ID: s.ID, Name: s.Name, Owner: s.Owner})
	if err != nil || again.ID != s.ID || again.State != Starting || again.Owner != "ann" {
		t.Fatalf("%+v %v", again, err)
	}
	if err := th.End(t.Context(), s.ID); err != nil || th.stage.ended[s.ID] != 2 || len(th.over) != 1 {
		t.Errorf("%v, ended %d times, %v are over", err, th.stage.ended[s.ID], th.over)
	}
}

func TestCloseEndsAll(t *testing.T) {
	th := open()
	a, _ := th.create(t)
	b, _ := th.create(t)
	if err := th.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if th.stage.ended[a.ID] != 1 || th.stage.ended[b.ID] != 1 {
		t.Errorf("ended: %v", th.stage.ended)
	}
	if _, err := th.Create(Wish{ID: NewID()}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAdopt(t *testing.T) {
	th := open()
	th.stage.left = []Spec{{ID: "old", Name: "Old", Room: "r"}}
	if err := th.Adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := th.find(t, "old"); s.State != Requested || s.Name != "Old" {
		t.Errorf("%+v", s)
	}
	th.stage.obs["old"].Step("display", Done)
	if s := th.find(t, "old"); s.State != Starting {
		t.Errorf("%+v", s)
	}
	if err := th.End(t.Context(), "old"); err != nil || th.stage.ended["old"] != 1 {
		t.Error(err)
	}
}

// TestWatch: a watcher sees the first and the last state of things, however
// slow it is, and is let go when the session ended.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := open()
		s, obs := th.create(t)
		changes, err := th.Watch(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		var seen []Session
		done := make(chan struct{})
		go func() {
			defer close(done)
			for one := range changes {
				seen = append(seen, one)
				time.Sleep(time.Second)
			}
		}()
		synctest.Wait()
		for _, step := range []string{"display", "gimp"} {
			obs.Step(step, Active)
			obs.Step(step, Done)
		}
		th.AgentConnected(s.Room)
		time.Sleep(2 * time.Second)
		if err := th.End(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		<-done
		if len(seen) != 3 || seen[0].State != Starting || seen[1].State != Ready || seen[2].State != Ended {
			t.Errorf("saw %+v", seen)
		}
		if len(th.watchers) != 0 {
			t.Error("a watcher was not let go")
		}
		if _, err := th.Watch(t.Context(), "unknown"); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
	})
}

func TestWatchAllEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := open()
		ctx, cancel := context.WithCancel(t.Context())
		changes := th.WatchAll(ctx)
		states := make(chan State, 10)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for one := range changes {
				states <- one.State
			}
		}()
		s, _ := th.create(t)
		synctest.Wait()
		if got := <-states; got != Starting {
			t.Errorf("%s", got)
		}
		if err := th.End(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := <-states; got != Ended {
			t.Errorf("%s", got)
		}
		cancel()
		<-done
	})
}

// An agent that runs and never publishes ends a start with a reason. A session
// that was ready keeps its GIMP.
func TestAStreamThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := open()
		s, obs := th.create(t)
		obs.Step("display", Done)
		obs.Step("gimp", Done)
		obs.Step(StreamStep, Active)
		time.Sleep(59 * time.Second)
		if now, _ := th.Find(s.ID); now.State != Starting {
			t.Fatalf("%+v", now)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		now, _ := th.Find(s.ID)
		if now.State != Failed || !strings.Contains(now.Reason, "did not reach the server") || now.Steps[2].State != StepFailed || th.stage.ended[s.ID] != 1 {
			t.Fatalf("%+v, ended %d times", now, th.stage.ended[s.ID])
		}
		if err := th.End(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}

		s, obs = th.create(t)
		obs.Step("display", Done)
		obs.Step("gimp", Done)
		obs.Step(StreamStep, Active)
		th.AgentConnected(s.Room)
		time.Sleep(2 * time.Minute)
		th.AgentLost(s.Room)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if now, _ := th.Find(s.ID); now.State != Ready || th.stage.ended[s.ID] != 0 || len(th.notices) != 1 {
			t.Fatalf("%+v, notices %v", now, th.notices)
		}
		if err := th.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTend: a session ends when nobody draws, when nobody is there, and when it
// has lasted as long as one may; before that its people are told, once.
func TestTend(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	later := func(d time.Duration) time.Time { now = now.Add(d); return now }
	th := open()
	th.cfg.Now = func() time.Time { return now }
	th.cfg.Bounds = Bounds{Idle: 30 * time.Minute, Empty: 10 * time.Minute, Length: 2 * time.Hour, Warn: 5 * time.Minute}
	s, obs := th.create(t)
	if due := th.due(later(time.Hour)); due != nil {
		t.Fatalf("a session that starts is over: %v", due)
	}
	for _, step := range []string{"display", "gimp", StreamStep} {
		obs.Step(step, Done)
	}
	th.Joined(s.Room)
	expect := func(d time.Duration, ends bool, notices int) {
		t.Helper()
		due := th.due(later(d))
		if (len(due) == 1) != ends || len(th.notices) != notices {
			t.Errorf("%v: over %v, told %v", now, due, th.notices)
		}
	}
	expect(24*time.Minute, false, 0)
	expect(2*time.Minute, false, 1)
	expect(time.Minute, false, 1) // told once
	th.Active(s.Room)
	expect(24*time.Minute, false, 1)
	th.Left(s.Room)
	expect(6*time.Minute, false, 2)
	expect(4*time.Minute, true, 2)
	th.Joined(s.Room)
	expect(0, true, 2) // it has lasted for two hours
}

func TestLeave(t *testing.T) {
	th := open()
	s, _ := th.create(t)
	th.Leave()
	if _, err := th.Create(Wish{ID: NewID()}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Leave: %v", err)
	}
	if now := th.find(t, s.ID); now.State != Starting || th.stage.ended[s.ID] != 0 {
		t.Errorf("%+v", now)
	}
}
