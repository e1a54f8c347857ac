package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"github.com/easel-live/easel/session"
)

// probed keeps the file that says that GIMP is there. Its methods are called one
// at a time, as an Observer's are.
type probed struct {
	file   string
	log    *slog.Logger
	failed chan error // capacity 1
}

var _ session.Observer = (*probed)(nil)

// Step implements session.Observer.
func (p *probed) Step(name string, state session.StepState) {
	p.log.Info("step", "name", name, "state", state)
	if name != "gimp" {
		return
	}
	if state != session.Done {
		p.away()
		return
	}
	if err := os.WriteFile(p.file, nil, 0o644); err != nil {
		p.log.Error("nobody is told that GIMP is there", "error", err)
	}
}

func (p *probed) away() {
	if err := os.Remove(p.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.log.Error("GIMP seems to be there", "error", err)
	}
}

// Placed implements session.Observer.
func (p *probed) Placed(display, workspace string) {
	p.log.Info("placed", "display", display, "workspace", workspace)
}

// Waits implements session.Observer.
func (p *probed) Waits(text string) { p.log.Info(text) }

// Notice implements session.Observer. People are told by the server, which sees
// the agent go; here it is for whoever reads the pod's log.
func (p *probed) Notice(code, text string) { p.log.Warn(text, "notice", code) }

// Failed implements session.Observer.
func (p *probed) Failed(reason error) {
	p.away()
	p.failed <- reason
}
