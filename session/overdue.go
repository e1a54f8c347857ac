package session

import (
	"context"
	"fmt"
	"time"
)

// stopWithin is how long a session that failed may take to go away.
const stopWithin = 30 * time.Second

// awaitStream starts or stops the clock for a session's stream; the caller
// holds mu. An agent that died is its launcher's business; this is for one that
// runs and does not get its picture to the server.
func (s *Service) awaitStream(e *entry, waits bool) {
	if e.overdue != nil {
		e.overdue.Stop()
		e.overdue = nil
	}
	if waits && e.session.Alive() && !e.ending {
		e.overdue = time.AfterFunc(s.cfg.StreamWithin, func() { s.streamOverdue(e) })
	}
}

// streamOverdue gives up a start whose stream did not come. A session that was
// ready, in this server's time or an earlier one's, keeps running, for GIMP may
// hold work: its people are told.
func (s *Service) streamOverdue(e *entry) {
	s.mu.Lock()
	if e.overdue == nil || e.ending || !e.session.Alive() {
		s.mu.Unlock()
		return
	}
	e.overdue = nil
	id, room, run := e.session.ID, e.session.Room, e.run
	first := e.session.State == Starting && !e.adopted
	e.ending = first
	s.mu.Unlock()

	s.cfg.Log.Warn("no stream", "session", id, "within", s.cfg.StreamWithin)
	if !first {
		s.cfg.Notify(room, "stream-missing", "GIMP runs, but its picture does not reach the server. Easel goes on trying; ask whoever runs it if this stays.")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := run.End(ctx); err != nil {
		s.cfg.Log.Error("a session that failed does not end", "session", id, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !e.session.Alive() {
		return // ended by somebody meanwhile
	}
	for i, st := range e.session.Steps {
		if st.State == Active {
			e.session.Steps[i].State = StepFailed
		}
	}
	s.finish(e, Failed, fmt.Sprintf("GIMP runs, but its picture did not reach the server within %v: the agent could not publish it. Is the server's media port (UDP or TCP) closed to this machine?", s.cfg.StreamWithin))
}
