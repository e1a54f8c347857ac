package local

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/easel-live/easel/session"
)

// displayPart is the part the others can't live without.
const displayPart = "xvnc"

// part is one program of a session.
type part struct {
	name  string // in the record, in file names
	title string // in sentences, first in them
	step  string
	// command is the program to start.
	command func(r *run) (*exec.Cmd, error)
	// ready waits until the part does its work. It may be called for an
	// adopted process too.
	ready func(ctx context.Context, r *run) error
	// code and text tell people that the part died and comes back.
	code, text string
	// patience is how long ready may take, on a machine that is busy with the
	// start of other sessions.
	patience time.Duration
}

// parts are the programs of a session in the order they start.
func parts() []part {
	return []part{
		{
			name: displayPart, title: "Xvnc", step: "display", patience: 45 * time.Second,
			command: xvncCommand, ready: xvncReady,
			code: "display-restarted", text: "The display stopped and starts again with the same files. Changes that were not saved are lost.",
		},
		{
			name: "dbus", title: "The D-Bus session bus", step: "desktop", patience: 30 * time.Second,
			command: busCommand, ready: busReady,
			code: "desktop-restarted", text: "A part of the desktop stopped and was started again.",
		},
		{
			name: "openbox", title: "The window manager", step: "desktop", patience: 30 * time.Second,
			command: openboxCommand, ready: openboxReady,
			code: "desktop-restarted", text: "The window manager stopped and was started again.",
		},
		{
			name: "gimp", title: "GIMP", step: "gimp", patience: 2 * 60 * time.Second,
			command: gimpCommand, ready: gimpReady,
			code: "gimp-restarted", text: "GIMP stopped and starts again with the same files. Changes that were not saved are lost.",
		},
		{
			name: "agent", title: "The streaming agent", step: session.StreamStep, patience: time.Second,
			command: agentCommand, ready: func(context.Context, *run) error { return nil },
			code: "stream-restarted", text: "The stream stopped and starts again. GIMP goes on.",
		},
	}
}

// programs are what a session needs installed: what it is, the file to execute,
// and the package that has it.
var programs = [...]struct{ title, file, pkg string }{
	{"D-Bus", "dbus-daemon", "dbus"},
	{"openbox", "openbox", "openbox"},
	{"GIMP", "gimp", "gimp"},
}

func installed(file string) bool {
	_, err := exec.LookPath(file)
	return err == nil
}

// checkPrograms says what is missing for a session, and how to get it.
func checkPrograms(xserver string) error {
	var titles, pkgs []string
	if xserver == "" && !slices.ContainsFunc(xservers[:], installed) {
		titles, pkgs = append(titles, "Xvnc"), append(pkgs, "tigervnc-standalone-server")
	}
	for _, p := range programs {
		if !installed(p.file) {
			titles = append(titles, p.title)
			pkgs = append(pkgs, p.pkg)
		}
	}
	switch len(titles) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s is not installed: apt-get install %s", titles[0], pkgs[0])
	default:
		return fmt.Errorf("%s are not installed: apt-get install %s", strings.Join(titles, ", "), strings.Join(pkgs, " "))
	}
}
