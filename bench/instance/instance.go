// Package instance runs the product for a measurement the way an administrator
// does: the server's binary with a data directory and ports of its own, and its
// command line for everything else. It knows nothing of the product's inside.
package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/easel-live/easel/bench/machine"
)

// Errors of an instance.
var (
	ErrNotReady = errors.New("instance: the server did not become ready")
	ErrCommand  = errors.New("instance: command failed")
)

// How long the steps may take.
const (
	readyWithin = 30 * time.Second
	stopWithin  = 20 * time.Second
)

// CLI is the easel command and the environment that points it at a server.
type CLI struct {
	Path      string   // of the easel binary
	Env       []string // added to this process's environment
	namespace string   // of the server's network
}

// Session is a session as the command line prints it.
type Session struct {
	ID        string `json:"id"`
	Room      string `json:"room"`
	Display   string `json:"display"` // X display, such as ":12"
	Workspace string `json:"workspace"`
	Namespace string `json:"-"` // of the network that the display is in; empty: this process's
}

// StartSession starts a session and waits until it is ready.
func (c CLI) StartSession(ctx context.Context) (Session, error) {
	s := Session{Namespace: c.namespace}
	err := c.decode(ctx, &s, "session", "start", "--json")
	return s, err
}

// Session finds a running session by its ID.
func (c CLI) Session(ctx context.Context, id string) (Session, error) {
	var list struct {
		Sessions []Session `json:"sessions"`
	}
	if err := c.decode(ctx, &list, "session", "list", "--json"); err != nil {
		return Session{}, err
	}
	for _, s := range list.Sessions {
		if s.ID == id {
			return s, nil
		}
	}
	return Session{}, fmt.Errorf("%w: no session %q", ErrCommand, id)
}

// EndSession ends a session.
func (c CLI) EndSession(ctx context.Context, id string) error {
	_, err := c.run(ctx, "session", "end", id)
	return err
}

// Link is a URL that opens the session in a browser with a role.
func (c CLI) Link(ctx context.Context, id, role string) (string, error) {
	out, err := c.run(ctx, "session", "link", id, "--role", role)
	return strings.TrimSpace(string(out)), err
}

// Login is a URL that logs a browser in as an account, once. The account gets a
// new password.
func (c CLI) Login(ctx context.Context, name string) (string, error) {
	out, err := c.run(ctx, "password", name)
	if err != nil {
		return "", err
	}
	for word := range strings.FieldsSeq(string(out)) {
		if strings.Contains(word, "/login?token=") {
			return word, nil
		}
	}
	return "", fmt.Errorf("%w: easel password printed no link", ErrCommand)
}

// Token is a LiveKit access token for a room with a role.
func (c CLI) Token(ctx context.Context, room, identity, role string) (string, error) {
	out, err := c.run(ctx, "token", "--room", room, "--identity", identity, "--role", role)
	return strings.TrimSpace(string(out)), err
}

func (c CLI) decode(ctx context.Context, into any, args ...string) error {
	out, err := c.run(ctx, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("%w: easel %s: %w", ErrCommand, strings.Join(args, " "), err)
	}
	return nil
}

func (c CLI) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.Path, args...)
	cmd.Env = append(os.Environ(), c.Env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: easel %s: %w: %s", ErrCommand, strings.Join(args, " "), err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out, nil
}

// Host is where a server runs, besides this machine's loopback address.
type Host struct {
	Namespace string   // of the network, by the name that ip netns knows
	URL       string   // of the server, as browsers reach it
	Env       []string // its addresses and ports
}

// Instance is a running server of its own.
type Instance struct {
	CLI
	URL  string // http://127.0.0.1:PORT
	dir  string
	logs io.Writer
	cmd  *exec.Cmd
	done chan error
}

// Start runs the easel binary at path on free loopback ports with an empty data
// directory, its log going to logs, and waits until it is ready.
func Start(ctx context.Context, path string, logs io.Writer) (*Instance, error) {
	return begin(ctx, logs, func(i *Instance) error { return i.place(path) })
}

// StartAt runs it at a host instead.
func StartAt(ctx context.Context, path string, host Host, logs io.Writer) (*Instance, error) {
	return begin(ctx, logs, func(i *Instance) error {
		i.URL = host.URL
		i.CLI = CLI{Path: path, Env: append([]string{i.data()}, host.Env...), namespace: host.Namespace}
		return nil
	})
}

func begin(ctx context.Context, logs io.Writer, place func(*Instance) error) (*Instance, error) {
	dir, err := os.MkdirTemp("", "easel-bench-data-")
	if err != nil {
		return nil, fmt.Errorf("instance: %w", err)
	}
	// A server run by root starts GIMP as another user, who must reach its
	// workspace in here.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, fmt.Errorf("instance: %w", err)
	}
	i := &Instance{dir: dir, logs: logs, done: make(chan error, 1)}
	if err := place(i); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := i.launch(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := i.ready(ctx); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

// place chooses the server's ports and its data directory.
func (i *Instance) place(path string) error {
	ports, err := freePorts()
	if err != nil {
		return err
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(ports.http))
	i.URL = "http://" + addr
	i.CLI = CLI{Path: path, Env: []string{
		i.data(),
		"EASEL_ADDR=" + addr,
		"EASEL_UDP_PORT=" + strconv.Itoa(ports.udp),
		"EASEL_TCP_PORT=" + strconv.Itoa(ports.tcp),
		"EASEL_TURN_PORT=" + strconv.Itoa(ports.turn),
	}}
	return nil
}

func (i *Instance) data() string { return "EASEL_DATA=" + filepath.Join(i.dir, "data") }

func (i *Instance) launch() error {
	i.cmd = exec.Command(i.Path, "serve")
	if i.namespace != "" {
		// X servers listen at an abstract socket, which belongs to the network
		// namespace, and at a file, which does not: with the first free here, the
		// second would be taken from an X server elsewhere.
		i.cmd = exec.Command("/bin/sh", "-c", `mount -t tmpfs -o mode=1777 none /tmp/.X11-unix && exec "$0" serve`, i.Path)
		machine.Enter(i.cmd, i.namespace)
	}
	i.cmd.Env = append(os.Environ(), i.Env...)
	i.cmd.Stdout, i.cmd.Stderr = i.logs, i.logs
	// A bench that is killed takes its server with it.
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := i.cmd.Start(); err != nil {
		return fmt.Errorf("instance: %w", err)
	}
	go func() { i.done <- i.cmd.Wait() }()
	return nil
}

// ready asks until the server says it is.
func (i *Instance) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if i.isReady(ctx) {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-i.done:
			i.done <- err
			return fmt.Errorf("%w: it ended: %v", ErrNotReady, err)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNotReady, ctx.Err())
		}
	}
}

// isReady asks over HTTP, or, where this process has no way to the server's
// network, over the command line's socket.
func (i *Instance) isReady(ctx context.Context) bool {
	if i.namespace != "" {
		_, err := i.run(ctx, "session", "list")
		return err == nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Kill ends the server the hard way: its sessions live on. Restart is to follow.
func (i *Instance) Kill() error {
	err := i.cmd.Process.Kill()
	<-i.done
	return err
}

// Restart runs the server again on the same ports and data after Kill.
func (i *Instance) Restart(ctx context.Context) error {
	if err := i.launch(); err != nil {
		return err
	}
	return i.ready(ctx)
}

// Close stops the server, which ends its sessions, waits for it and removes its
// data. It is to be called once.
func (i *Instance) Close() error {
	_ = i.cmd.Process.Signal(syscall.SIGTERM)
	var problem error
	select {
	case <-i.done:
	case <-time.After(stopWithin):
		problem = fmt.Errorf("instance: the server did not stop within %v and was killed", stopWithin)
		_ = i.cmd.Process.Kill()
		<-i.done
	}
	return errors.Join(problem, os.RemoveAll(i.dir))
}

type ports struct{ http, tcp, udp, turn int }

// freePorts asks the kernel for ports nobody uses. Another process may take one
// before the server does; then the server says so and the bench ends.
func freePorts() (ports, error) {
	var p ports
	for _, port := range []*int{&p.http, &p.tcp, &p.turn} {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("instance: %w", err)
		}
		defer tcp.Close()
		*port = tcp.Addr().(*net.TCPAddr).Port
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return ports{}, fmt.Errorf("instance: %w", err)
	}
	defer udp.Close()
	p.udp = udp.LocalAddr().(*net.UDPAddr).Port
	return p, nil
}

// Process is the server's own process.
func (i *Instance) Process() machine.Process {
	return machine.Process{PID: i.cmd.Process.Pid, Name: filepath.Base(i.Path)}
}
