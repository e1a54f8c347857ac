package local

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	var b budget
	now := time.Unix(0, 0)
	for i, want := range []time.Duration{0, firstBackoff, 2 * firstBackoff, 4 * firstBackoff} {
		if wait, ok := b.spend(now); !ok || wait != want {
			t.Errorf("death %d: %v %v, want %v", i+1, wait, ok, want)
		}
		now = now.Add(time.Second)
	}
	if _, ok := b.spend(now); ok {
		t.Error("five deaths in a minute are not too many")
	}
	if wait, ok := b.spend(now.Add(restartWindow)); !ok || wait != 0 {
		t.Errorf("after a quiet minute: %v %v", wait, ok)
	}
}

func FuzzStat(f *testing.F) {
	own, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(own), "", ")", "1 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21", "1 (x) R 1 2",
		"1 (x) R 1 2 x 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if st, err := parseStat(b); err == nil && st.state == 0 {
			t.Errorf("%q has no state", b)
		}
	})
}

func TestIdentity(t *testing.T) {
	self := identify(os.Getpid())
	if !self.alive() {
		t.Error("this process is not alive")
	}
	if later := (identity{PID: self.PID, Start: self.Start + 1}); later.alive() {
		t.Error("another process with the same number is taken for it")
	}
}

func TestPathsTooLongForSockets(t *testing.T) {
	l := &Launcher{cfg: Config{Data: filepath.Join(t.TempDir(), strings.Repeat("x", 100))}}
	if err := l.layout("id").create(account{}, nil); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

func TestLastLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for content, want := range map[string]string{
		"": "", "\n\n": "", "one\ntwo\n\n": "two", strings.Repeat("x", 10000) + "\nlast": "last", "bad \xff": "bad ?",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := lastLine(path); got != want {
			t.Errorf("%.20q: %q, want %q", content, got, want)
		}
	}
	if got := lastLine(path + "gone"); got != "" {
		t.Errorf("no file: %q", got)
	}
}

func TestBlocked(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "closed", "inner")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	stranger := account{uid: 4242, gid: 4242, switched: true}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := stranger.blocked(inner); got != "" {
		t.Errorf("blocked at %s", got)
	}
	closed := filepath.Dir(inner)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := stranger.blocked(inner); got != closed {
		t.Errorf("blocked at %q, want %s", got, closed)
	}
	if got := (account{uid: os.Getuid(), gid: os.Getgid()}).blocked(inner); got != "" {
		t.Errorf("the owner is blocked at %s", got)
	}
}

// TestCleanDisplay: what a killed X server left goes, a living one stays.
func TestCleanDisplay(t *testing.T) {
	if err := os.MkdirAll(socketDir, 0o1777); err != nil {
		t.Fatal(err)
	}
	const name = ":59871"
	path := socketPath(name)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := cleanDisplay(name); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("a living display lost its socket: %v", err)
	}
	listener.Close()
	if err := cleanDisplay(name); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("a dead display kept its socket: %v", err)
	}
	for _, name := range []string{"", "7", ":x", ":-1", ":../etc/passwd", name} {
		if err := cleanDisplay(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWorkspacesWithNothingInThemGo(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		goes  bool
	}{
		"empty":               {nil, true},
		"held":                {[]string{".easel/lease"}, true},
		"with a picture":      {[]string{".easel/lease", "a.png"}, false},
		"with a picture lost": {[]string{".easel/lease", ".easel/recovery/1-1/0.xcf"}, false},
	} {
		f := layout{dir: t.TempDir(), workspace: filepath.Join(t.TempDir(), "workspace")}
		if err := os.Mkdir(f.workspace, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range c.files {
			path := filepath.Join(f.workspace, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("1"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.delete(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(f.workspace); os.IsNotExist(err) != c.goes {
			t.Errorf("%s: %v", name, err)
		}
	}
}
