package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/session"
)

const (
	// quitGrace is how long GIMP and the agent have to leave by themselves.
	quitGrace = 3 * time.Second
	// stopGrace is how long the rest has.
	stopGrace = 2 * time.Second
	// killGrace bounds the killing of whatever is left after that.
	killGrace = 5 * time.Second
	// maxLog is the size a part's log may have; a longer one starts anew.
	maxLog = 4 << 20
	// logCheck is how often the logs are looked at.
	logCheck = time.Minute
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
	if !wished {
		r.obs.Failed(err)
	}
}

// prepare checks that all is there that is needed, and makes the session's
// files.
func (r *run) prepare() error {
	if err := checkPrograms(); err != nil {
		return err
	}
	if _, err := r.l.provideAgent(); err != nil {
		return err
	}
	if err := r.l.writeRecord(r.rec); err != nil {
		return err
	}
	if err := r.files.create(r.l.user); err != nil {
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

// start starts a part and waits until it does its work, or died.
func (r *run) start(p part) error {
	r.obs.Step(p.step, session.Active)
	cmd, err := p.command(r)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(r.logPath(p.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Env = append(r.environment(), cmd.Env...)
	cmd.Dir = r.files.workspace
	cmd.Stdout, cmd.Stderr = log, log
	proc, err := spawn(cmd, r.l.user)
	for _, f := range cmd.ExtraFiles {
		f.Close()
	}
	if err != nil {
		return fmt.Errorf("%s could not be started: %w", p.title, err)
	}
	r.watch(p.name, proc)
	r.rec.Parts[p.name] = proc.identity
	if err := r.l.writeRecord(r.rec); err != nil {
		return err
	}
	return r.await(p)
}

// await waits until a running part does its work, or died.
func (r *run) await(p part) error {
	ctx, cancel := context.WithTimeout(r.ctx, p.patience)
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- p.ready(ctx, r) }()
	giveUp := sync.OnceFunc(func() {
		cancel()
		<-ready
	})
	for {
		select {
		case name := <-r.deaths:
			needed := name == p.name || name == displayPart
			if needed {
				giveUp()
			}
			if err := r.bury(name); err != nil || needed {
				giveUp()
				return err
			}
		case err := <-ready:
			if r.ctx.Err() != nil {
				return r.ctx.Err()
			}
			if err != nil && !r.running[p.name].running() {
				return r.bury(<-r.deaths)
			}
			if err != nil {
				return fmt.Errorf("%s did not get ready: %w%s", p.title, err, r.lastWords(p.name))
			}
			return r.works(p)
		}
	}
}

// works records that a part does its work.
func (r *run) works(p part) error {
	r.proven[p.name] = true
	switch p.name {
	case displayPart:
		if err := r.l.writeRecord(r.rec); err != nil {
			return err
		}
		r.obs.Placed(r.rec.Display, r.files.workspace)
	case "dbus":
		return nil // half of its step
	case "agent":
		return nil // the room says when the display is there
	}
	r.obs.Step(p.step, session.Done)
	return nil
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

// bury deals with a part that died: it may start again after a while, unless
// it never worked or dies too often.
func (r *run) bury(name string) error {
	var p part
	for _, p = range r.parts {
		if p.name == name {
			break
		}
	}
	status := r.running[name].status
	r.running[name] = nil
	if !r.proven[name] {
		return fmt.Errorf("%s did not start%s", p.title, r.because(name, status))
	}
	b := r.budgets[name]
	if b == nil {
		b = new(budget)
		r.budgets[name] = b
	}
	wait, ok := b.spend(time.Now())
	if !ok {
		return fmt.Errorf("%s stopped %d times within a minute%s", p.title, restartLimit, r.because(name, status))
	}
	r.l.cfg.Log.Warn("part of a session died", "session", r.rec.Spec.ID, "part", name, "status", status, "log", lastLine(r.logPath(name)))
	r.obs.Notice(p.code, p.text)
	if name == displayPart {
		if err := r.clear(); err != nil {
			return err
		}
	}
	r.obs.Step(p.step, session.Active)
	select {
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// clear ends everything that hung on a display that died.
func (r *run) clear() error {
	for _, p := range r.parts {
		r.obs.Step(p.step, session.Pending)
	}
	ctx, cancel := context.WithTimeout(r.ctx, killGrace)
	defer cancel()
	if err := sweep(ctx, r.rec.Spec.ID, nil); err != nil {
		return err
	}
	for name, proc := range r.running {
		if proc != nil {
			<-proc.done
		}
		r.running[name] = nil
	}
	r.deaths = make(chan string, len(r.parts))
	if err := cleanDisplay(r.rec.Display); err != nil {
		return err
	}
	r.rec.Display = ""
	clear(r.rec.Parts)
	return r.l.writeRecord(r.rec)
}

// takeDown ends every process of the session, kindly first, and removes what
// it leaves but the people's files.
func (r *run) takeDown() error {
	if r.number != nil {
		r.number.Close()
	}
	r.stop(quitGrace, "agent", "gimp")
	r.stop(stopGrace, "openbox", "dbus", displayPart)
	ctx, cancel := context.WithTimeout(context.Background(), killGrace)
	defer cancel()
	if err := r.l.remove(ctx, r.rec.Spec.ID, r.rec.Display); err != nil {
		return err
	}
	for _, proc := range r.running {
		if proc != nil {
			<-proc.done
		}
	}
	return nil
}

// stop asks parts to end and waits for them.
func (r *run) stop(grace time.Duration, names ...string) {
	timeout := time.NewTimer(grace)
	defer timeout.Stop()
	for _, name := range names {
		if proc := r.running[name]; proc != nil {
			proc.signal(unix.SIGTERM)
		}
	}
	for _, name := range names {
		if proc := r.running[name]; proc != nil {
			select {
			case <-proc.done:
			case <-timeout.C:
				return
			}
		}
	}
}

// remove kills what is left of a session and deletes its files; the record
// goes last, so that a server that dies on the way does it again.
func (l *Launcher) remove(ctx context.Context, id, display string) error {
	if err := sweep(ctx, id, nil); err != nil {
		return err
	}
	if err := cleanDisplay(display); err != nil {
		return err
	}
	if err := l.layout(id).delete(); err != nil {
		return fmt.Errorf("files of session %s: %w", id, err)
	}
	if err := os.Remove(l.recordPath(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("record of session %s: %w", id, err)
	}
	return nil
}

func (r *run) logPath(name string) string { return filepath.Join(r.files.log, name+".log") }

// trimLogs keeps a chatty program from filling the disk. The programs append,
// so a log that is cut goes on from its start.
func (r *run) trimLogs() {
	for _, p := range r.parts {
		if info, err := os.Stat(r.logPath(p.name)); err == nil && info.Size() > maxLog {
			if err := os.Truncate(r.logPath(p.name), 0); err != nil {
				r.l.cfg.Log.Warn("a log can't be cut", "session", r.rec.Spec.ID, "part", p.name, "error", err)
			}
		}
	}
}

// because explains a death: how it went and what was said last.
func (r *run) because(name, status string) string {
	if status != "" {
		status = " (" + status + ")"
	}
	return status + r.lastWords(name)
}

func (r *run) lastWords(name string) string {
	if line := lastLine(r.logPath(name)); line != "" {
		return ": " + line
	}
	return ""
}
