package session

import (
	"context"
	"iter"
)

// watcher holds the changes that its reader has not seen: the latest value of
// each changed session, so that a slow reader costs nothing and misses no
// final state.
type watcher struct {
	id      string // only this session; empty: all
	changed map[string]Session
	wake    chan struct{} // capacity 1
}

// Watch yields the session as it is and then on every change, until it ended,
// was forgotten, or ctx ends. Changes that come faster than the reader takes
// them are merged.
func (s *Service) Watch(ctx context.Context, id string) (iter.Seq[Session], error) {
	s.mu.Lock()
	e, ok := s.entries[id]
	if !ok {
		s.mu.Unlock()
		return nil, ErrNotFound
	}
	w := s.subscribe(id)
	w.changed[id] = e.session.clone()
	s.mu.Unlock()
	return func(yield func(Session) bool) {
		for one := range s.drain(ctx, w) {
			if !yield(one) || one.State == Ended {
				return
			}
		}
	}, nil
}

// WatchAll yields every session as it is and then every change of any, until
// ctx ends. Changes of one session that come faster than the reader takes them
// are merged.
func (s *Service) WatchAll(ctx context.Context) iter.Seq[Session] {
	s.mu.Lock()
	w := s.subscribe("")
	for id, e := range s.entries {
		w.changed[id] = e.session.clone()
	}
	s.mu.Unlock()
	return s.drain(ctx, w)
}

// subscribe registers a watcher that is already awake; the caller holds mu.
func (s *Service) subscribe(id string) *watcher {
	w := &watcher{id: id, changed: make(map[string]Session), wake: make(chan struct{}, 1)}
	w.wake <- struct{}{}
	s.watchers[w] = struct{}{}
	return w
}

func (s *Service) drain(ctx context.Context, w *watcher) iter.Seq[Session] {
	return func(yield func(Session) bool) {
		defer func() {
			s.mu.Lock()
			delete(s.watchers, w)
			s.mu.Unlock()
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
			s.mu.Lock()
			changed := w.changed
			w.changed = make(map[string]Session)
			s.mu.Unlock()
			for _, one := range changed {
				if !yield(one) {
					return
				}
			}
		}
	}
}

// publish hands a session's present state to its watchers; the caller holds mu.
func (s *Service) publish(e *entry) {
	for w := range s.watchers {
		if w.id != "" && w.id != e.session.ID {
			continue
		}
		w.changed[e.session.ID] = e.session.clone()
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}
