package local

import (
	"context"
	"fmt"
	"time"

	"github.com/easel-live/easel/session"
)

// bury deals with a part that died: it may start again after a while, unless
// it never worked or dies too often.
func (r *run) bury(name string) error {
	name = r.culprit(name)
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

// culprit is whose death it is that a part died: programs that lose their display
// end with it, and may be seen to go first.
func (r *run) culprit(name string) string {
	display := r.running[displayPart]
	if name == displayPart || display == nil || !display.ending() {
		return name
	}
	select {
	case <-display.done:
		return displayPart
	case <-r.ctx.Done():
		return name
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
