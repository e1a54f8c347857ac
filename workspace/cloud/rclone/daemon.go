package rclone

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrMissing says that there is no rclone.
var ErrMissing = errors.New("rclone is not installed here")

// startWithin bounds how long rclone may take to listen.
const startWithin = 20 * time.Second

// Daemon is a running rclone.
type Daemon struct {
	url        string
	name, word string
	http       *http.Client
	kill       context.CancelFunc
	done       chan struct{}
}

// listening is what rclone says when it does.
var listening = regexp.MustCompile(`Serving remote control on (http://127\.0\.0\.1:[0-9]+/)`)

// Start starts rclone. Stop it after use; it also ends with this process.
func Start(ctx context.Context, log *slog.Logger) (*Daemon, error) {
	program, err := exec.LookPath("rclone")
	if err != nil {
		return nil, ErrMissing
	}
	living, kill := context.WithCancel(context.WithoutCancel(ctx))
	d := &Daemon{name: rand.Text(), word: rand.Text(), kill: kill, done: make(chan struct{})}
	d.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}}
	cmd := exec.CommandContext(living, program, "rcd", "--config", "", "--rc-addr", "127.0.0.1:0",
		"--retries", "1", "--low-level-retries", "3", "--contimeout", "15s", "--timeout", "1m", "--checkers", "4", "--buffer-size", "4M", "--use-mmap",
		"--use-server-modtime") // object stores tell it with a list, and the file's own only one by one
	// What is on the command line everybody on the machine can read.
	cmd.Env = append(environment(), "RCLONE_RC_USER="+d.name, "RCLONE_RC_PASS="+d.word)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := cmd.StderrPipe()
	if err != nil {
		kill()
		return nil, err
	}
	started, at := make(chan error, 1), make(chan string, 1)
	go func() {
		defer close(d.done)
		// The signal of a parent's death comes with that of its thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		hear(said, at, log)
		if err := cmd.Wait(); err != nil && living.Err() == nil {
			log.Warn("rclone stopped", "error", err)
		}
	}()
	if err := <-started; err != nil {
		d.Stop()
		return nil, fmt.Errorf("rclone: %w", err)
	}
	timeout := time.NewTimer(startWithin)
	defer timeout.Stop()
	select {
	case d.url = <-at:
		return d, nil
	case <-d.done:
		err = errors.New("rclone: it stopped at once")
	case <-timeout.C:
		err = fmt.Errorf("rclone: it did not listen within %v", startWithin)
	case <-ctx.Done():
		err = ctx.Err()
	}
	d.Stop()
	return nil, err
}

// kept are the settings that rclone is given: where things are on this machine,
// and by what a session's processes are found when it ends. Credentials that
// lie about in our environment are not among them.
var kept = []string{
	"PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "EASEL_SESSION",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

func environment() (settings []string) {
	for _, name := range kept {
		if value, ok := os.LookupEnv(name); ok {
			settings = append(settings, name+"="+value)
		}
	}
	return settings
}

// hear reads what rclone says until it says no more.
func hear(said io.Reader, at chan<- string, log *slog.Logger) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			select {
			case at <- found[1]:
			default:
			}
			continue
		}
		log.Debug("rclone", "says", strings.TrimSpace(lines.Text()))
	}
	_, _ = io.Copy(io.Discard, said) // what is no line: it must not wait for us
}

// Stop ends rclone and waits until it is gone.
func (d *Daemon) Stop() {
	d.kill()
	<-d.done
	d.http.CloseIdleConnections()
}

// Running says whether rclone still does.
func (d *Daemon) Running() bool {
	select {
	case <-d.done:
		return false
	default:
		return true
	}
}
