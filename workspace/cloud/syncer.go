package cloud

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

const (
	// tick is how often the workspace is looked at for what to upload, and
	// listEvery how often a remote is asked what it has.
	tick, listEvery = 5 * time.Second, time.Minute
	// A remote that fails is tried again after the shorter time, then twice as
	// long each time up to the longer.
	firstRetry, lastRetry = 10 * time.Second, 5 * time.Minute
	// testWithin bounds the trying of a remote.
	testWithin = 45 * time.Second
)

// Config is what a Syncer needs.
type Config struct {
	Files *workspace.Workspace
	Dir   string // the workspace's folder on this machine
	Now   func() time.Time
	Log   *slog.Logger
}

// Syncer keeps a workspace's remotes. Run does the work.
type Syncer struct {
	cfg  Config
	wake chan struct{}

	mu      sync.Mutex
	mirrors []*mirror
	turns   map[*mirror]*turn
	passing *mirror            // whose pass is under way
	stop    context.CancelFunc // ends that pass

	daemonMu   sync.Mutex
	daemon     *rclone.Daemon
	configured map[string]bool // remotes that the daemon has been told of
	lent       int             // how many use it besides the passes
	closed     bool
}

// turn says when a mirror is to be looked at.
type turn struct {
	asked  bool
	next   time.Time // of the remote's list
	retry  time.Duration
	listed string // what the workspace looked like at the last pass
}

// New makes a Syncer without remotes.
func New(cfg Config) *Syncer {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Syncer{cfg: cfg, wake: make(chan struct{}, 1), turns: make(map[*mirror]*turn), configured: make(map[string]bool)}
}

// Set says which remotes there are to be. Passes of others end.
func (s *Syncer) Set(remotes []Remote) error {
	if len(remotes) > MaxRemotes {
		return fmt.Errorf("%w: at most %d in one session", ErrRemote, MaxRemotes)
	}
	for _, r := range remotes {
		if err := r.Check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []*mirror
	for _, r := range remotes {
		i := slices.IndexFunc(s.mirrors, func(m *mirror) bool { return m.described().ID == r.ID })
		if i < 0 {
			m := newMirror(s.cfg, r)
			s.turns[m] = &turn{}
			kept = append(kept, m)
			continue
		}
		m := s.mirrors[i]
		s.change(m, r)
		kept = append(kept, m)
	}
	for _, m := range s.mirrors {
		if !slices.Contains(kept, m) {
			delete(s.turns, m)
			s.interrupt(m)
		}
	}
	s.mirrors = kept
	s.nudge()
	return nil
}

// change gives a mirror another description; the caller holds mu.
func (s *Syncer) change(m *mirror, r Remote) {
	before := m.described()
	if before.Paused == r.Paused && before.Limit == r.Limit && before.Path == r.Path && before.Name == r.Name && maps.Equal(before.Parameters, r.Parameters) {
		return
	}
	s.interrupt(m)
	m.mu.Lock()
	m.remote, m.status.Renewed = r, nil
	if r.Paused {
		m.status.State, m.status.Problem = Paused, ""
	} else if m.status.State == Paused {
		m.status.State = Waiting
	}
	m.mu.Unlock()
	s.turns[m].asked = true
	if !maps.Equal(before.Parameters, r.Parameters) {
		s.daemonMu.Lock()
		delete(s.configured, r.ID)
		s.daemonMu.Unlock()
	}
}

// interrupt ends a mirror's pass; the caller holds mu.
func (s *Syncer) interrupt(m *mirror) {
	if s.passing == m {
		s.stop()
	}
}

// Status is how the remotes fare.
func (s *Syncer) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Status{}
	for _, m := range s.mirrors {
		list = append(list, m.told())
	}
	return list
}

// Sync has a remote looked at now.
func (s *Syncer) Sync(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for m, t := range s.turns {
		if m.described().ID == id {
			t.asked = true
			s.nudge()
			return nil
		}
	}
	return fmt.Errorf("%w: no remote %q", workspace.ErrNotFound, id)
}

func (s *Syncer) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run keeps the remotes until ctx ends.
func (s *Syncer) Run(ctx context.Context) {
	defer s.end()
	again := time.NewTicker(tick)
	defer again.Stop()
	for {
		for s.one(ctx) {
		}
		s.rest()
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-s.wake:
		}
	}
}

// one gives the next mirror that is due its pass, false if none is.
func (s *Syncer) one(ctx context.Context) bool {
	m, passing, cancel := s.due(ctx)
	if m == nil {
		return false
	}
	defer cancel()
	m.tell(func(t *Status) { t.State = Syncing })
	again, err := s.pass(passing, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passing = nil
	t := s.turns[m]
	if t == nil || ctx.Err() != nil {
		return false // it was disconnected meanwhile
	}
	interrupted := passing.Err() != nil
	now := s.cfg.Now()
	m.tell(func(st *Status) {
		switch {
		case m.remote.Paused:
			st.State, st.Problem = Paused, ""
		case interrupted:
			st.State = Waiting
		case err != nil:
			st.State, st.Problem = Failed, err.Error()
		default:
			st.State, st.Problem = Synced, ""
			if !again {
				st.Synced = now.UTC()
			}
		}
	})
	switch {
	case interrupted:
	case err != nil:
		t.retry = min(max(2*t.retry, firstRetry), lastRetry)
		t.next = now.Add(t.retry)
	case again:
		t.retry, t.next = 0, now.Add(settled)
	default:
		t.retry, t.next = 0, now.Add(listEvery)
	}
	return true
}

// due is the next mirror whose turn it is, and what ends its pass.
func (s *Syncer) due(ctx context.Context) (*mirror, context.Context, context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	for _, m := range s.mirrors {
		t, r := s.turns[m], m.described()
		if ctx.Err() != nil || r.Paused {
			continue
		}
		looks := s.looks(m, r)
		if !t.asked && now.Before(t.next) && (looks == t.listed || t.retry > 0) {
			continue
		}
		t.asked, t.listed = false, looks
		passing, cancel := context.WithCancel(ctx)
		s.passing, s.stop = m, cancel
		return m, passing, cancel
	}
	return nil, nil, nil
}

// looks is what tells one state of a folder from another.
func (s *Syncer) looks(m *mirror, r Remote) string {
	files, _, _, err := m.here(r.Name)
	if err != nil {
		return err.Error()
	}
	var all uint64
	for path, f := range files {
		h := fnv.New64a()
		h.Write([]byte(path + "\x00" + f.version))
		all += h.Sum64() // whatever their order
	}
	return fmt.Sprint(len(files), all)
}

func (s *Syncer) pass(ctx context.Context, m *mirror) (again bool, err error) {
	r := m.described()
	d, err := s.ready(ctx, r)
	if err != nil {
		return false, err
	}
	if err := d.Limit(ctx, r.Limit); err != nil {
		return false, err
	}
	again, err = m.pass(ctx, d.FS(r.ID, r.Path))
	if held, e := d.Configured(ctx, r.ID); e == nil && held["token"] != "" && held["token"] != r.Parameters["token"] {
		m.tell(func(t *Status) { t.Renewed = map[string]string{"token": held["token"]} })
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Info("a remote is not in step", "remote", r.ID, "kind", r.Kind, "error", err)
	}
	return again, err
}
