package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// keepGrace is how long the agent has to keep what nobody saved.
	keepGrace = 8 * time.Second
	// quitGrace is how long GIMP has to leave by itself.
	quitGrace = 3 * time.Second
	// stopGrace is how long the rest has.
	stopGrace = 2 * time.Second
	// killGrace bounds the killing of whatever is left after that.
	killGrace = 5 * time.Second
)

// takeDown ends every process of the session, kindly first, and removes what
// it leaves but the people's files.
func (r *run) takeDown() error {
	if r.number != nil {
		r.number.Close()
	}
	r.stop(keepGrace, "agent")
	r.stop(quitGrace, "gimp")
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
