package local

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	// patience is how long ready may take.
	patience time.Duration
}

// parts are the programs of a session in the order they start.
func parts() []part {
	return []part{
		{
			name: displayPart, title: "Xvnc", step: "display", patience: 20 * time.Second,
			command: xvncCommand, ready: xvncReady,
			code: "display-restarted", text: "The display stopped and starts again with the same files. Changes that were not saved are lost.",
		},
		{
			name: "dbus", title: "The D-Bus session bus", step: "desktop", patience: 10 * time.Second,
			command: busCommand, ready: busReady,
			code: "desktop-restarted", text: "A part of the desktop stopped and was started again.",
		},
		{
			name: "openbox", title: "The window manager", step: "desktop", patience: 10 * time.Second,
			command: openboxCommand, ready: openboxReady,
			code: "desktop-restarted", text: "The window manager stopped and was started again.",
		},
		{
			name: "gimp", title: "GIMP", step: "gimp", patience: 90 * time.Second,
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
	{"Xvnc", "Xvnc", "tigervnc-standalone-server"},
	{"D-Bus", "dbus-daemon", "dbus"},
	{"openbox", "openbox", "openbox"},
	{"GIMP", "gimp", "gimp"},
}

// checkPrograms says what is missing for a session, and how to get it.
func checkPrograms() error {
	var titles, pkgs []string
	for _, p := range programs {
		if _, err := exec.LookPath(p.file); err != nil {
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

func xvncCommand(r *run) (*exec.Cmd, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("Xvnc",
		"-displayfd", "3",
		"-geometry", fmt.Sprintf("%dx%d", r.l.cfg.Width, r.l.cfg.Height),
		"-depth", "24", "-dpi", "96",
		"-auth", r.files.xauthority,
		"-nolisten", "tcp",
		"-rfbport", "-1", // no TCP for RFB either
		"-rfbunixpath", r.files.rfb,
		"-SecurityTypes", "None", // the socket's directory is private
		"-AlwaysShared", "-AcceptSetDesktopSize",
		"-noreset",
		"-desktop", "Easel",
	)
	cmd.ExtraFiles = []*os.File{write}
	r.number = read
	return cmd, nil
}

// xvncReady reads the number of the display, which the X server writes once
// it takes connections.
func xvncReady(ctx context.Context, r *run) error {
	number := r.number
	if number == nil {
		return nil // adopted
	}
	r.number = nil
	defer number.Close()
	stop := context.AfterFunc(ctx, func() { number.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReader(number).ReadString('\n')
	if err != nil {
		return fmt.Errorf("it named no display: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return fmt.Errorf("it named no display: %w", err)
	}
	r.rec.Display = ":" + strconv.Itoa(n)
	return nil
}

func busCommand(r *run) (*exec.Cmd, error) {
	return exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog", "--address=unix:path="+r.files.bus), nil
}

func busReady(ctx context.Context, r *run) error {
	return poll(ctx, func() bool {
		conn, err := net.Dial("unix", r.files.bus)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

func openboxCommand(r *run) (*exec.Cmd, error) {
	return exec.Command("openbox", "--sm-disable", "--config-file", filepath.Join(r.files.config, "openbox", "rc.xml")), nil
}

func openboxReady(ctx context.Context, r *run) error {
	return r.onDisplay(ctx, (*display).managed)
}

func gimpCommand(r *run) (*exec.Cmd, error) {
	return exec.Command("gimp", "--no-splash", "--stack-trace-mode=never"), nil
}

func gimpReady(ctx context.Context, r *run) error {
	return r.onDisplay(ctx, func(d *display) bool { return d.shows("gimp") })
}

func agentCommand(r *run) (*exec.Cmd, error) {
	path, err := r.l.provideAgent()
	if err != nil {
		return nil, err
	}
	token, err := r.l.cfg.Token(r.rec.Spec.Room)
	if err != nil {
		return nil, fmt.Errorf("the agent's token: %w", err)
	}
	cmd := exec.Command(path)
	cmd.Env = []string{"EASEL_URL=" + r.l.cfg.URL, "EASEL_TOKEN=" + token}
	r.rec.URL = r.l.cfg.URL
	return cmd, nil
}

// environment is what every part of a session is given.
func (r *run) environment() []string {
	lang := "C.UTF-8"
	for _, name := range []string{"LC_ALL", "LANG"} {
		if v := os.Getenv(name); v != "" {
			lang = v
			break
		}
	}
	env := []string{
		marker + "=" + r.rec.Spec.ID,
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
		"LANG=" + lang,
		"HOME=" + r.files.workspace,
		"USER=" + r.l.user.name,
		"LOGNAME=" + r.l.user.name,
		"SHELL=/bin/sh",
		"XAUTHORITY=" + r.files.xauthority,
		"XDG_CACHE_HOME=" + r.files.cache,
		"XDG_CONFIG_HOME=" + r.files.config,
		"XDG_DATA_HOME=" + r.files.data,
		"XDG_RUNTIME_DIR=" + r.files.run,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + r.files.bus,
		"GIMP2_DIRECTORY=" + r.files.profile,
		"GIO_USE_VFS=local", // no gvfs daemons
		"NO_AT_BRIDGE=1",    // no accessibility bus, which nobody listens to
	}
	if r.rec.Display != "" {
		env = append(env, "DISPLAY="+r.rec.Display)
	}
	return env
}

// poll waits until cond holds.
func poll(ctx context.Context, cond func() bool) error {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
	return nil
}

// onDisplay waits until cond holds on the session's display. The connection
// is closed with ctx, so that an X server that hangs holds nobody up.
func (r *run) onDisplay(ctx context.Context, cond func(*display) bool) error {
	d, err := dialDisplay(r.rec.Display, r.files.xauthority)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, d.close)
	defer func() {
		if stop() {
			d.close()
		}
	}()
	return poll(ctx, func() bool { return cond(d) })
}
