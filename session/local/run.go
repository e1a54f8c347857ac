package local

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/easel-live/easel/session"
)

// run is a launched session. Only its supervisor's goroutine touches rec,
// running and deaths.
type run struct {
	l     *Launcher
	files layout
	obs   session.Observer

	ctx    context.Context // ends with the wish for the session
	cancel context.CancelFunc
	done   chan struct{} // closed when nothing of the session is left
	err    error         // why something is, once done is closed

	rec     record
	parts   []part
	running map[string]*process
	proven  map[string]bool // parts that have worked in this session
	budgets map[string]*budget
	deaths  chan string // names of parts whose process has gone
	number  *os.File    // the X server's display number comes from here
}

func newRun(l *Launcher, rec record, obs session.Observer) *run {
	r := &run{
		l: l, files: l.layout(rec.Spec.ID), obs: obs, rec: rec,
		done: make(chan struct{}), parts: parts(),
		running: make(map[string]*process), proven: make(map[string]bool),
		budgets: make(map[string]*budget),
	}
	r.deaths = make(chan string, len(r.parts))
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// End ends the session.
func (r *run) End(ctx context.Context) error {
	r.cancel()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// supervise is the session's goroutine: begin, keep running, take down.
func (r *run) supervise(begin func() error) {
	defer close(r.done)
	err := begin()
	if err == nil {
		err = r.keep()
	}
	wished := r.ctx.Err() != nil
	r.cancel()
	r.err = r.takeDown()
	if r.err != nil {
		err = fmt.Errorf("%w; and then: %w", err, r.err)
	}
	if !wished {
		r.obs.Failed(err)
	}
}

// prepare checks that all is there that is needed, and makes the session's
// files.
func (r *run) prepare() error {
	if err := checkPrograms(r.l.cfg.XServer); err != nil {
		return err
	}
	x, err := findXServer(r.l.cfg.XServer)
	if err != nil {
		return err
	}
	r.l.cfg.Log.Info("starting a session", "session", r.rec.Spec.ID, "xserver", x.path, "rfb", x.dialect)
	if _, err := r.l.provideAgent(); err != nil {
		return err
	}
	if err := r.l.writeRecord(r.rec); err != nil {
		return err
	}
	if err := r.files.create(r.l.user, r.l.plugins.paths()); err != nil {
		return fmt.Errorf("the session's files: %w", err)
	}
	return nil
}

// adopt takes over the processes of an earlier server. What isn't in the
// record was being started when that server died, and is ended.
func (r *run) adopt() error {
	kept := make(map[int]bool)
	for _, p := range r.parts {
		r.proven[p.name] = true
		id, ok := r.rec.Parts[p.name]
		if !ok || p.name == "agent" && r.rec.URL != r.l.cfg.URL {
			continue // a new agent knows where the server is now
		}
		proc, err := attach(id)
		if err != nil {
			continue
		}
		kept[id.PID] = true
		r.watch(p.name, proc)
	}
	r.obs.Placed(r.rec.Display, r.files.workspace)
	ctx, cancel := context.WithTimeout(r.ctx, killGrace)
	defer cancel()
	// A process that a part forked is in the part's process session.
	return sweep(ctx, r.rec.Spec.ID, func(id identity) bool {
		st, err := readStat(id.PID)
		return err == nil && kept[st.sid]
	})
}

// keep starts what is not running, in order, and waits for deaths, until the
// session is to end or can't go on.
func (r *run) keep() error {
	logs := time.NewTicker(logCheck)
	defer logs.Stop()
	for _, p := range r.parts {
		if r.running[p.name] != nil {
			if err := r.await(p); err != nil {
				return err
			}
		}
	}
	for {
		if p, ok := r.missing(); ok {
			if err := r.start(p); err != nil {
				return err
			}
			continue
		}
		select {
		case <-r.ctx.Done():
			return r.ctx.Err()
		case name := <-r.deaths:
			if err := r.bury(name); err != nil {
				return err
			}
		case <-logs.C:
			r.trimLogs()
		}
	}
}

// missing is the first part that doesn't run.
func (r *run) missing() (part, bool) {
	for _, p := range r.parts {
		if r.running[p.name] == nil {
			return p, true
		}
	}
	return part{}, false
}

// watch notes a running process and waits for its end.
func (r *run) watch(name string, proc *process) {
	r.running[name] = proc
	deaths := r.deaths
	go func() {
		<-proc.done
		deaths <- name // has room for every part
	}()
}
