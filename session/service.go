package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Config is what a Service needs from its surroundings.
type Config struct {
	Launcher Launcher
	// Max is how many sessions may be alive at once; more are refused.
	Max int
	// Keep is how many ended sessions can still be found by their ID, so that
	// whoever watched one learns how it went.
	Keep int
	// StreamWithin is how long the agent may run without publishing its display
	// before a start counts as failed; a minute if zero.
	StreamWithin time.Duration
	// Bounds say how long a session may go on; Tend sees to it.
	Bounds Bounds
	Notify Notifier
	Now    func() time.Time
	Log    *slog.Logger
}

// Service is the registry of sessions. Its methods may be called at any time
// from any goroutine.
type Service struct {
	cfg Config

	mu       sync.Mutex
	closed   bool
	entries  map[string]*entry
	rooms    map[string]*entry
	over     []string // IDs of failed and ended sessions, oldest first
	watchers map[*watcher]struct{}
}

// entry is a session with what runs for it. run is nil only until Launch or
// Adopt returned it.
type entry struct {
	session Session
	run     Run
	ending  bool
	adopted bool        // of an earlier server
	overdue *time.Timer // runs while the stream is awaited
	people  int         // in the room, the agent not among them
	active  time.Time   // when somebody last came, went or drew
	told    time.Time   // of active, what the run was told last
	warned  bool        // that its time is nearly up
}

// NewService makes an empty registry; Adopt fills it with what outlived an
// earlier server.
func NewService(cfg Config) *Service {
	if cfg.StreamWithin == 0 {
		cfg.StreamWithin = time.Minute
	}
	return &Service{
		cfg:      cfg,
		entries:  make(map[string]*entry),
		rooms:    make(map[string]*entry),
		watchers: make(map[*watcher]struct{}),
	}
}

// Adopt takes over the sessions of an earlier server. Call it once, before
// the first Create.
func (s *Service) Adopt(ctx context.Context) error {
	runs, err := s.cfg.Launcher.Adopt(ctx, func(spec Spec) Observer {
		s.mu.Lock()
		defer s.mu.Unlock()
		o := s.add(spec)
		o.e.adopted = true
		return o
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, run := range runs {
		s.entries[id].run = run
	}
	if err != nil {
		return fmt.Errorf("taking over sessions: %w", err)
	}
	return nil
}

// Name is what a session that is wished for as this will be called: an empty
// name gets one. Errors wrap room.ErrName.
func (s *Service) Name(wished string) (string, error) {
	name := strings.TrimSpace(wished)
	if name == "" {
		name = "Untitled " + s.cfg.Now().Format("2 January 15:04")
	}
	if err := room.CheckName(name); err != nil {
		return "", fmt.Errorf("session name: %w", err)
	}
	return name, nil
}

// Create begins a session and returns it as it is now: starting. Errors wrap
// room.ErrName, ErrTooMany, ErrRuns or ErrClosed.
func (s *Service) Create(w Wish) (Session, error) {
	name, err := s.Name(w.Name)
	if err != nil {
		return Session{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Session{}, ErrClosed
	}
	if alive := len(s.entries) - len(s.over); alive >= s.cfg.Max {
		return Session{}, fmt.Errorf("%w: %d run and %d may; end one first", ErrTooMany, alive, s.cfg.Max)
	}
	if e := s.entries[w.ID]; e != nil {
		if e.session.Alive() {
			return Session{}, fmt.Errorf("%w: %s", ErrRuns, w.ID)
		}
		s.over = slices.DeleteFunc(s.over, func(id string) bool { return id == w.ID })
	}
	spec := Spec{
		ID: w.ID, Name: name, Room: w.ID, Owner: w.Owner, Size: w.Size, Quota: w.Quota,
		CreatedAt: s.cfg.Now().UTC().Truncate(time.Second),
	}
	obs := s.add(spec)
	obs.e.session.State = Starting
	s.publish(obs.e)
	obs.e.run = s.cfg.Launcher.Launch(spec, obs)
	s.cfg.Log.Info("session starts", "session", w.ID, "name", name, "owner", w.Owner)
	return obs.e.session.clone(), nil
}

// add registers a session; the caller holds mu.
func (s *Service) add(spec Spec) *observer {
	e := &entry{session: Session{
		ID: spec.ID, Name: spec.Name, Room: spec.Room, Owner: spec.Owner, CreatedAt: spec.CreatedAt,
		State: Requested, Steps: slices.Clone(s.cfg.Launcher.Plan()),
	}}
	s.entries[spec.ID] = e
	s.rooms[spec.Room] = e
	return &observer{s: s, e: e}
}

// List returns every session but the ended ones, oldest first.
func (s *Service) List() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Session, 0, len(s.entries))
	for _, e := range s.entries {
		if e.session.State != Ended {
			list = append(list, e.session.clone())
		}
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Find returns a session by its ID; ended ones are found for a while.
func (s *Service) Find(id string) (Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[id]
	if !ok {
		return Session{}, ErrNotFound
	}
	return e.session.clone(), nil
}

// End ends a session and returns when nothing of it runs any more. Ending
// what is over is not an error: a failed session becomes an ended one.
func (s *Service) End(ctx context.Context, id string) error {
	s.mu.Lock()
	e, ok := s.entries[id]
	if !ok {
		s.mu.Unlock()
		return ErrNotFound
	}
	e.ending = true
	run := e.run
	s.mu.Unlock()

	if err := run.End(ctx); err != nil {
		return fmt.Errorf("ending session %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.session.State != Ended {
		s.finish(e, Ended, "")
		s.cfg.Log.Info("session ended", "session", id)
	}
	return nil
}

// Close refuses new sessions and ends all there are, all at once.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	var ids []string
	for id, e := range s.entries {
		if e.session.State != Ended {
			ids = append(ids, id)
		}
	}
	s.mu.Unlock()
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { errs[i] = s.End(ctx, id) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Leave refuses new sessions and leaves those there are as they are: what runs
// elsewhere goes on without this server.
func (s *Service) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, e := range s.entries {
		s.awaitStream(e, false)
	}
}

// AgentConnected says that the agent of a room publishes its display.
func (s *Service) AgentConnected(roomName string) { s.stream(roomName, Done) }

// AgentLost says that the agent of a room is gone.
func (s *Service) AgentLost(roomName string) { s.stream(roomName, Active) }

func (s *Service) stream(roomName string, state StepState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.rooms[roomName]; ok && e.session.Alive() {
		s.setStep(e, StreamStep, state)
	}
}

// setStep records a step; the caller holds mu. The session is ready as soon
// as every step is done, and stays so.
func (s *Service) setStep(e *entry, name string, state StepState) {
	i := slices.IndexFunc(e.session.Steps, func(st Step) bool { return st.Name == name })
	if i < 0 || e.session.Steps[i].State == state {
		return
	}
	e.session.Steps[i].State = state
	if state == Done {
		e.session.Waits = ""
	}
	if name == StreamStep {
		s.awaitStream(e, state == Active)
	}
	if e.session.State == Requested {
		e.session.State = Starting
	}
	undone := func(st Step) bool { return st.State != Done }
	if e.session.State == Starting && !slices.ContainsFunc(e.session.Steps, undone) {
		e.session.State = Ready
		e.active = s.cfg.Now()
		s.cfg.Log.Info("session ready", "session", e.session.ID)
	}
	s.publish(e)
}

// finish records that a session is over; the caller holds mu.
func (s *Service) finish(e *entry, state State, reason string) {
	if e.session.Alive() {
		s.over = append(s.over, e.session.ID)
	}
	e.session.State, e.session.Reason, e.session.Waits = state, reason, ""
	s.awaitStream(e, false)
	s.publish(e)
	s.forget()
}

// forget drops the oldest sessions that are over, beyond Keep; the caller
// holds mu.
func (s *Service) forget() {
	for len(s.over) > s.cfg.Keep {
		e := s.entries[s.over[0]]
		delete(s.entries, e.session.ID)
		delete(s.rooms, e.session.Room)
		s.over = s.over[1:]
	}
}

// NewID returns 80 random bits as 16 lower-case letters and digits, fit for
// file names, URLs and room names.
func NewID() string {
	b := make([]byte, 10)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}
