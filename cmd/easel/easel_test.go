package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asEasel makes this test binary be the easel command.
const asEasel = "EASEL_TEST_AS_EASEL"

func TestMain(m *testing.M) {
	if os.Getenv(asEasel) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// shell runs easel commands with an environment of their own.
type shell struct{ env []string }

// newShell has a data directory that every user can reach and free ports. The
// agent is a file that is there and never started.
func newShell(t *testing.T) shell {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "easel")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return shell{env: append(os.Environ(), asEasel+"=1", "EASEL_DATA="+filepath.Join(dir, "data"),
		"EASEL_ADDR=127.0.0.1:0", "EASEL_UDP_PORT=0", "EASEL_TCP_PORT=0", "EASEL_AGENT=/bin/true")}
}

func (s shell) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = s.env
	return cmd
}

// run returns what a command said and whether it succeeded.
func (s shell) run(t *testing.T, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd := s.command(t.Context(), args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	return out.String(), complaint.String(), err == nil
}

// transcript is what a server said so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *transcript) find(pattern string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return regexp.MustCompile(pattern).FindStringSubmatch(b.text.String())
}

// serve starts a server and waits until it is ready.
func (s shell) serve(t *testing.T) (url string, said *transcript, stop func() error) {
	t.Helper()
	said = new(transcript)
	cmd := s.command(context.Background(), "serve")
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceValue(func() error {
		cmd.Process.Signal(syscall.SIGTERM)
		return cmd.Wait()
	})
	t.Cleanup(func() { stop() })
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		// What a server says reaches here a little after it was said: its greeting is
		// here once its last line is.
		if m := said.find(`Easel: +(https?://\S+)`); m != nil && said.find(`link: easel password`) != nil {
			// This machine may speak plain HTTP to either.
			if resp, err := http.Get(strings.Replace(m[1], "https:", "http:", 1) + "/readyz"); err == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return m[1], said, stop
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the server did not get ready:\n%s", said.text.String())
	return "", nil, nil
}

func TestServeFromTheFirstStartToTheLast(t *testing.T) {
	s := newShell(t)
	if _, complaint, ok := s.run(t, "session", "list"); ok || !strings.Contains(complaint, "easel serve") {
		t.Errorf("without a server: %s", complaint)
	}
	url, said, stop := s.serve(t)

	link := said.find(`http://\S+/login\?token=\S+`)
	if link == nil {
		t.Fatal("no link at the first start")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	status := func(path string) int {
		resp, err := browser.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := status(url + "/api/v1/me"); got != 401 {
		t.Errorf("a stranger is let in: %d", got)
	}
	status(link[0])
	if got := status(url + "/api/v1/me"); got != 200 {
		t.Errorf("the link does not log in: %d", got)
	}
	for path, want := range map[string]string{"/healthz": "ok", "/metrics": "easel_input_to_photon_seconds_count 0"} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v %.200s", path, err, body)
		}
	}
	if resp, err := http.Get(url + "/rtc/validate"); err != nil || resp.StatusCode != 401 {
		t.Errorf("the LiveKit endpoint: %v %v", resp, err)
	}

	out, _, ok := s.run(t, "session", "list", "--json")
	var list struct{ Sessions []sessionInfo }
	if err := json.Unmarshal([]byte(out), &list); !ok || err != nil || len(list.Sessions) != 0 {
		t.Errorf("list: %q %v", out, err)
	}
	for _, args := range [][]string{{"session", "end", "none"}, {"session", "link", "none"}} {
		if _, complaint, ok := s.run(t, args...); ok || !strings.Contains(complaint, `there is no session "none"`) {
			t.Errorf("%v: %s", args, complaint)
		}
	}
	if _, complaint, ok := s.run(t, "serve"); ok || !strings.Contains(complaint, "another easel") {
		t.Errorf("a second server on the same data: %s", complaint)
	}

	if err := stop(); err != nil {
		t.Errorf("stopping: %v\n%s", err, said.text.String())
	}
	_, again, stop := s.serve(t)
	if again.find("Password:|token=") != nil {
		t.Error("a secret is printed again, and not on a terminal")
	}
	out, _, ok = s.run(t, "password")
	if !ok || !strings.Contains(out, "Password:") || !strings.Contains(out, "/login?token=") {
		t.Errorf("password: %s", out)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if out, _, ok = s.run(t, "password"); !ok || !strings.Contains(out, "Password:") {
		t.Errorf("password without a server: %s", out)
	}
}

// TestRefusals: what can't be served is said in one line.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	media, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	_, port, err := net.SplitHostPort(media.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"loopback only":                {"--dev", "--addr", "0.0.0.0:0"},
		"EASEL_ADDR chooses another":   {"--addr", taken.Addr().String()},
		"EASEL_UDP_PORT chooses":       {"--udp-port", port},
		"EASEL_AGENT":                  {"--agent", "/nonexistent"},
		"EASEL_DATA chooses another":   {"--data", "/proc/none"},
		"want 0 to 65535":              {"--tcp-port", "70000"},
		`there is no user "nosuchone"`: {"--user", "nosuchone"},
	} {
		if os.Getuid() != 0 && args[0] == "--user" {
			want = "only root can run sessions as another user"
		}
		s := newShell(t)
		_, complaint, ok := s.run(t, append([]string{"serve"}, args...)...)
		if ok || !strings.Contains(complaint, want) {
			t.Errorf("%v: %v %s", args, ok, complaint)
		}
	}
}

func TestToken(t *testing.T) {
	s := newShell(t)
	a, _, ok := s.run(t, "token", "--room", "r", "--identity", "i", "--role", "owner")
	if !ok || strings.Count(a, ".") != 2 {
		t.Errorf("%q", a)
	}
	if _, complaint, ok := s.run(t, "token", "--room", "r", "--identity", "i", "--role", "king"); ok {
		t.Errorf("a role that does not exist: %s", complaint)
	}
	if out, _, ok := s.run(t, "version"); !ok || !strings.HasPrefix(out, "easel ") {
		t.Errorf("%q", out)
	}
}

func TestKeysPersistAndBrokenOnesAreRefused(t *testing.T) {
	dir := t.TempDir()
	a, err := loadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := loadKeys(dir)
	if err != nil || a != b {
		t.Errorf("%v %v %v", a, b, err)
	}
	path := filepath.Join(dir, "livekit-key.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadKeys(dir); err == nil {
		t.Error("a broken key pair is taken")
	}
}
