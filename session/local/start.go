package local

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/easel-live/easel/session"
)

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
			if ctx.Err() != nil {
				return fmt.Errorf("%s did not get ready within %v%s", p.title, p.patience, r.lastWords(p.name))
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
