package session

import (
	"context"
	"fmt"
	"time"
)

// Bounds say how long a session may go on. A zero is no bound.
type Bounds struct {
	// Idle is how long nobody may have drawn.
	Idle time.Duration
	// Empty is how long nobody may have been in the room.
	Empty time.Duration
	// Length is how long a session may be at most.
	Length time.Duration
	// Warn is how long before its end the people in the room are told.
	Warn time.Duration
}

const (
	// tendAgain is how often the sessions' bounds are looked at.
	tendAgain = 5 * time.Second
	// tellAgain is how much later than they were told runs are told again when
	// somebody was there.
	tellAgain = 5 * time.Minute
	// endWithin is how long a session whose time is up may take to end.
	endWithin = 2 * time.Minute
)

// Tend ends the sessions whose time is up, and warns before, until ctx ends.
func (s *Service) Tend(ctx context.Context) {
	again := time.NewTicker(tendAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		s.tell()
		for _, id := range s.due(s.cfg.Now()) {
			stop, cancel := context.WithTimeout(ctx, endWithin)
			if err := s.End(stop, id); err != nil {
				s.cfg.Log.Error("a session whose time is up does not end", "session", id, "error", err)
			}
			cancel()
		}
	}
}

// tell tells the runs that keep it when somebody was last there.
func (s *Service) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if w, ok := e.run.(Witness); ok && e.session.Alive() && e.active.Sub(e.told) >= tellAgain {
			e.told = e.active
			w.Seen(e.active)
		}
	}
}

// due returns the sessions to end now, and warns those whose end is near.
func (s *Service) due(now time.Time) []string {
	type warning struct{ room, code, text string }
	var over []string
	var warnings []warning
	s.mu.Lock()
	for id, e := range s.entries {
		if !e.session.Alive() || e.ending || e.session.State != Ready {
			continue
		}
		end, code, text := s.end(e)
		switch {
		case end.IsZero() || now.Before(end.Add(-s.cfg.Bounds.Warn)):
			e.warned = false
		case !now.Before(end):
			s.cfg.Log.Info("a session's time is up", "session", id, "why", code)
			over = append(over, id)
		case !e.warned:
			e.warned = true
			warnings = append(warnings, warning{e.session.Room, code, text + " The session ends " + in(end.Sub(now)) + "; save what you want to keep."})
		}
	}
	s.mu.Unlock()
	for _, w := range warnings {
		s.cfg.Notify(w.room, w.code, w.text)
	}
	return over
}

// end is when a session's time is up, zero for never, and why; the caller holds
// mu.
func (s *Service) end(e *entry) (at time.Time, code, text string) {
	b := s.cfg.Bounds
	sooner := func(from time.Time, d time.Duration, c, t string) {
		if d == 0 {
			return
		}
		if end := from.Add(d); at.IsZero() || end.Before(at) {
			at, code, text = end, c, t
		}
	}
	sooner(e.session.CreatedAt, b.Length, "time-up", "This session has lasted as long as one may.")
	sooner(e.active, b.Idle, "idle", "Nobody has drawn for a while.")
	if e.people == 0 {
		sooner(e.active, b.Empty, "empty", "Nobody has been here for a while.")
	}
	return at, code, text
}

// in puts a short time into words.
func in(d time.Duration) string {
	if d < 90*time.Second {
		return "in a minute"
	}
	return fmt.Sprintf("in %d minutes", int(d.Round(time.Minute)/time.Minute))
}

// Joined and Left count the people in a room, its agent not among them.
func (s *Service) Joined(roomName string) { s.present(roomName, 1) }

// Left is the reverse of Joined.
func (s *Service) Left(roomName string) { s.present(roomName, -1) }

// Active says that somebody draws in a room.
func (s *Service) Active(roomName string) { s.present(roomName, 0) }

func (s *Service) present(roomName string, more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.rooms[roomName]; ok {
		e.people = max(0, e.people+more)
		e.active = s.cfg.Now()
	}
}
