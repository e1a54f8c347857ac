package remotes

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/easel-live/easel/workspace/cloud"
)

const (
	// lookEvery is how often the agents are asked whether they know their
	// remotes: one that was restarted does not.
	lookEvery = 5 * time.Second
	// tellWithin bounds an agent's answer.
	tellWithin = 20 * time.Second
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Vault  Vault
	Places func() []Place // the sessions that are ready
	Now    func() time.Time
	Log    *slog.Logger
}

// Service keeps people's remotes.
type Service struct {
	cfg Config

	mu     sync.Mutex
	missed map[string]bool // sessions whose agent did not hear the last change
}

// NewService makes a service; Run keeps agents told.
func NewService(cfg Config) *Service { return &Service{cfg: cfg, missed: make(map[string]bool)} }

// Connect tries storage, keeps it, and connects it to a session of its owner's.
// The wish has no ID yet.
func (s *Service) Connect(ctx context.Context, p Place, wish cloud.Remote) (Remote, error) {
	have, err := s.cfg.Store.Remotes(ctx, p.Owner)
	if err != nil {
		return Remote{}, err
	}
	if len(have) >= most {
		return Remote{}, fmt.Errorf("%w: %d", ErrMany, most)
	}
	if slices.ContainsFunc(have, func(r Remote) bool { return r.Name == wish.Name }) {
		return Remote{}, ErrTaken
	}
	wish.ID = strings.ToLower(rand.Text())
	if err := p.Agent.TestCloud(ctx, wish); err != nil {
		return Remote{}, err
	}
	sealed, err := s.seal(ctx, p.Owner, wish.ID, wish.Parameters)
	if err != nil {
		return Remote{}, err
	}
	r := Remote{ID: wish.ID, Owner: p.Owner, Name: wish.Name, Kind: wish.Kind, Path: wish.Path, Sealed: sealed, Created: s.cfg.Now()}
	if err := s.cfg.Store.AddRemote(ctx, r); err != nil {
		return Remote{}, err
	}
	return r, s.link(ctx, p, Link{Remote: r, Limit: wish.Limit})
}

// Attach connects storage that its owner connected before.
func (s *Service) Attach(ctx context.Context, p Place, id string) (Remote, error) {
	r, err := s.cfg.Store.Remote(ctx, p.Owner, id)
	if err != nil {
		return Remote{}, err
	}
	return r, s.link(ctx, p, Link{Remote: r})
}

func (s *Service) link(ctx context.Context, p Place, l Link) error {
	links, err := s.cfg.Store.Links(ctx, p.ID)
	if err != nil {
		return err
	}
	if len(links) >= cloud.MaxRemotes {
		return fmt.Errorf("%w: %d in this session", ErrMany, cloud.MaxRemotes)
	}
	l.Session = p.ID
	if err := s.cfg.Store.Link(ctx, l); err != nil {
		return err
	}
	s.tell(ctx, p)
	return nil
}

// Change pauses storage in a session or lets it go on, and bounds what it takes;
// what is nil stays.
func (s *Service) Change(ctx context.Context, p Place, id string, paused *bool, limit *int) error {
	links, err := s.cfg.Store.Links(ctx, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(links, func(l Link) bool { return l.ID == id })
	if i < 0 {
		return ErrNotFound
	}
	l := links[i]
	if paused != nil {
		l.Paused = *paused
	}
	if limit != nil {
		l.Limit = *limit
	}
	if err := s.cfg.Store.Link(ctx, l); err != nil {
		return err
	}
	s.tell(ctx, p)
	return nil
}

// Detach disconnects storage from a session. The files on both sides stay.
func (s *Service) Detach(ctx context.Context, p Place, id string) error {
	if err := s.cfg.Store.Unlink(ctx, p.ID, id); err != nil {
		return err
	}
	s.tell(ctx, p)
	return nil
}

// Forget disconnects storage everywhere and forgets its credentials.
func (s *Service) Forget(ctx context.Context, owner, id string) error {
	if err := s.cfg.Store.RemoveRemote(ctx, owner, id); err != nil {
		return err
	}
	for _, p := range s.cfg.Places() {
		if p.Owner == owner {
			s.tell(ctx, p)
		}
	}
	return nil
}

// Of is a person's storage.
func (s *Service) Of(ctx context.Context, owner string) ([]Remote, error) {
	return s.cfg.Store.Remotes(ctx, owner)
}

// In is a session's storage, and how it fares as far as the agent says.
func (s *Service) In(ctx context.Context, p Place) ([]Shown, error) {
	links, err := s.cfg.Store.Links(ctx, p.ID)
	if err != nil || len(links) == 0 {
		return nil, err
	}
	said, err := p.Agent.Clouds(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Shown, len(links))
	for i, l := range links {
		list[i] = Shown{l, cloud.Status{ID: l.ID, State: cloud.Waiting, Conflicts: []string{}}}
		if n := slices.IndexFunc(said, func(t cloud.Status) bool { return t.ID == l.ID }); n >= 0 {
			list[i].Status = said[n]
			list[i].Status.Renewed = nil
		}
	}
	return list, nil
}

// Run keeps the agents told until ctx ends.
func (s *Service) Run(ctx context.Context) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		for _, p := range s.cfg.Places() {
			if err := s.check(ctx, p); err != nil && ctx.Err() == nil {
				s.cfg.Log.Debug("a session's storage could not be looked after", "session", p.ID, "error", err)
			}
		}
	}
}

// check tells an agent of its remotes if it does not know them, and keeps what
// rclone renewed.
func (s *Service) check(ctx context.Context, p Place) error {
	links, err := s.cfg.Store.Links(ctx, p.ID)
	s.mu.Lock()
	missed := s.missed[p.ID]
	s.mu.Unlock()
	if err != nil || len(links) == 0 && !missed {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	said, err := p.Agent.Clouds(ctx)
	if err != nil {
		return err
	}
	known := len(said) == len(links) && !missed
	for _, l := range links {
		n := slices.IndexFunc(said, func(t cloud.Status) bool { return t.ID == l.ID })
		if n < 0 {
			known = false
			continue
		}
		if len(said[n].Renewed) == 0 {
			continue
		}
		known = false
		if err := s.renew(ctx, l.Remote, said[n].Renewed); err != nil {
			return err
		}
	}
	if !known {
		s.tell(ctx, p)
	}
	return nil
}

// renew keeps parameters that rclone changed.
func (s *Service) renew(ctx context.Context, r Remote, renewed map[string]string) error {
	parameters, err := s.open(ctx, r)
	if err != nil {
		return err
	}
	maps.Copy(parameters, renewed)
	sealed, err := s.seal(ctx, r.Owner, r.ID, parameters)
	if err != nil {
		return err
	}
	return s.cfg.Store.SealRemote(ctx, r.ID, sealed)
}

// tell says to an agent which remotes it is to have. One that does not hear it
// now is told by Run.
func (s *Service) tell(ctx context.Context, p Place) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	err := func() error {
		links, err := s.cfg.Store.Links(ctx, p.ID)
		if err != nil {
			return err
		}
		list := []cloud.Remote{}
		for _, l := range links {
			if l.Owner != p.Owner {
				continue // the session was given to somebody else
			}
			parameters, err := s.open(ctx, l.Remote)
			if err != nil {
				s.cfg.Log.Error("storage is left out", "session", p.ID, "storage", l.ID, "error", err)
				continue
			}
			list = append(list, cloud.Remote{ID: l.ID, Name: l.Name, Kind: l.Kind, Path: l.Path, Parameters: parameters, Paused: l.Paused, Limit: l.Limit})
		}
		return p.Agent.SetClouds(ctx, list)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.missed, p.ID)
	if err != nil {
		s.missed[p.ID] = true
		s.cfg.Log.Warn("a session's agent was not told of its storage", "session", p.ID, "error", err)
	}
}

func (s *Service) seal(ctx context.Context, owner, id string, parameters map[string]string) (string, error) {
	raw, err := json.Marshal(parameters)
	if err != nil {
		return "", err
	}
	return s.cfg.Vault.Seal(ctx, owner, "remote "+id, raw)
}

func (s *Service) open(ctx context.Context, r Remote) (map[string]string, error) {
	raw, err := s.cfg.Vault.Open(ctx, r.Owner, "remote "+r.ID, r.Sealed)
	if err != nil {
		return nil, err
	}
	parameters := make(map[string]string)
	return parameters, json.Unmarshal(raw, &parameters)
}
