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
)

func xvncCommand(r *run) (*exec.Cmd, error) {
	x, err := findXServer(r.l.cfg.XServer)
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.rec.Dialect = x.dialect
	cmd := exec.Command(x.path, append([]string{
		"-displayfd", "3",
		"-geometry", fmt.Sprintf("%dx%d", r.l.cfg.Width, r.l.cfg.Height),
		"-depth", "24", "-dpi", "96",
		"-auth", r.files.xauthority,
		"-nolisten", "tcp",
		"-rfbunixpath", r.files.rfb,
		"-SecurityTypes", "None", // the socket's directory is private
		"-AlwaysShared",
		"-SendCutText=0", // whoever only looks has no business in the clipboard
		"-noreset",
		"-desktop", "Easel",
	}, x.flags...)...)
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

// keyboardTries is how often GIMP's window is given the keyboard before it is
// taken as it is: two seconds.
const keyboardTries = 40

func gimpCommand(r *run) (*exec.Cmd, error) {
	cmd := exec.Command("gimp", "--no-splash", "--stack-trace-mode=never")
	cmd.Env = []string{
		"EASEL_TOOLS=" + r.files.tools, "EASEL_IMAGES=" + r.files.images,
		// Dabs are painted and shown as they come. A thread of GIMP's own would
		// paint them, and a timer show them 10 ms later.
		"GIMP_NO_PAINT_THREAD=1",
	}
	return cmd, nil
}

func gimpReady(ctx context.Context, r *run) error {
	asked := 0
	return r.onDisplay(ctx, func(d *display) bool {
		if !d.shows("gimp") {
			return false
		}
		asked++
		return d.activate("gimp") || asked > keyboardTries
	})
}

func agentCommand(r *run) (*exec.Cmd, error) {
	path, err := r.l.provideAgent()
	if err != nil {
		return nil, err
	}
	token := "EASEL_TOKEN_FILE=" + r.l.cfg.TokenFile
	if r.l.cfg.TokenFile == "" {
		minted, err := r.l.cfg.Token(r.rec.Spec.Room)
		if err != nil {
			return nil, fmt.Errorf("the agent's token: %w", err)
		}
		token = "EASEL_TOKEN=" + minted
	}
	cmd := exec.Command(path)
	cmd.Env = []string{
		"EASEL_URL=" + r.l.cfg.URL, token,
		"EASEL_RFB=" + r.files.rfb, "EASEL_RFB_DIALECT=" + r.rec.Dialect,
		"EASEL_WORKSPACE=" + r.files.workspace,
	}
	if r.l.plugins.tools != "" {
		cmd.Env = append(cmd.Env, "EASEL_TOOLS="+r.files.tools)
	}
	if r.l.plugins.images != "" {
		cmd.Env = append(cmd.Env, "EASEL_IMAGES="+r.files.images)
	}
	for _, name := range agentSettings {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	if quota := r.rec.Spec.Quota; quota > 0 {
		cmd.Env = append(cmd.Env, "EASEL_QUOTA="+strconv.FormatInt(quota, 10)) // the last one counts
	}
	r.rec.URL = r.l.cfg.URL
	return cmd, nil
}

// agentSettings are what the agent takes from the server's environment.
var agentSettings = [...]string{"EASEL_FPS", "EASEL_KBPS", "EASEL_CODECS", "EASEL_QUOTA", "EASEL_QUOTA_FILE"}

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
