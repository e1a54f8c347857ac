package local

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/session"
)

// TestLife takes a session through everything that can happen to it.
func TestLife(t *testing.T) {
	h, err := newHouse(dataDir(t), standIn(t))
	if err != nil {
		t.Fatal(err)
	}
	s := h.start(t)
	if s.Display == "" || s.Workspace == "" {
		t.Fatalf("ready without a place: %+v", s)
	}
	keepsake := filepath.Join(s.Workspace, "drawing.xcf")
	if err := os.WriteFile(keepsake, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := tcpListeners(t, h.pid(t, s.ID, displayPart)); out != "" {
		t.Errorf("the display server listens on TCP: %s", out)
	}

	for _, death := range []struct {
		part, notice string
		survives     string // a part that must not notice
	}{
		{"gimp", "gimp-restarted", displayPart},
		{"openbox", "desktop-restarted", "gimp"},
		{"agent", "stream-restarted", "gimp"},
		{displayPart, "display-restarted", ""},
	} {
		survivor := h.pid(t, s.ID, death.survives)
		before := h.pid(t, s.ID, death.part)
		unix.Kill(before, unix.SIGKILL)
		if code := h.notice(t); code != death.notice {
			t.Errorf("%s died: notice %q, want %q", death.part, code, death.notice)
		}
		for now := before; now == before || now == 0; now = h.pid(t, s.ID, death.part) {
			time.Sleep(10 * time.Millisecond) // the record has no event
		}
		h.until(t, s.ID, h.allDone)
		if now := h.pid(t, s.ID, death.survives); now != survivor {
			t.Errorf("%s died: %s was restarted too", death.part, death.survives)
		}
	}
	if _, err := os.Stat(keepsake); err != nil {
		t.Errorf("the workspace did not survive: %v", err)
	}

	now, err := h.service.Find(s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.service.End(context.Background(), s.ID); err != nil {
		t.Fatal(err)
	}
	h.nothingLeft(t, now)
	if _, err := os.Stat(keepsake); err != nil {
		t.Errorf("the people's files are gone: %v", err)
	}
}

// TestEndWhileStarting ends sessions in the middle of each step.
func TestEndWhileStarting(t *testing.T) {
	h, err := newHouse(dataDir(t), standIn(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range h.launcher.Plan() {
		s, err := h.service.Create(session.Wish{ID: session.NewID()})
		if err != nil {
			t.Fatal(err)
		}
		if step.Name != session.StreamStep {
			s = h.until(t, s.ID, func(now session.Session) bool { return now.Steps[i].State != session.Pending })
		}
		begin := time.Now()
		if err := h.service.End(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: ended after %v", step.Name, time.Since(begin).Round(time.Millisecond))
		if s, err = h.service.Find(s.ID); err != nil {
			t.Fatal(err)
		}
		h.nothingLeft(t, s)
	}
}

// leftover is a house whose data directory holds the session of a server that
// was killed, and the session's record.
func leftover(t *testing.T) (*house, record) {
	t.Helper()
	data, agent := dataDir(t), standIn(t)
	id, kill := serverToKill(t, data, agent)
	h, err := newHouse(data, agent)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := h.launcher.readRecord(id)
	if err != nil {
		t.Fatal(err)
	}
	kill()
	return h, rec
}

func TestAdoption(t *testing.T) {
	h, rec := leftover(t)
	id := rec.Spec.ID
	if err := h.service.Adopt(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.service.AgentConnected(rec.Spec.Room)
	s := h.until(t, id, func(now session.Session) bool { return now.State == session.Ready })
	for name, part := range rec.Parts {
		if now := h.pid(t, id, name); now != part.PID {
			t.Errorf("%s was restarted", name)
		}
	}
	unix.Kill(h.pid(t, id, "gimp"), unix.SIGKILL)
	if code := h.notice(t); code != "gimp-restarted" {
		t.Errorf("notice %q", code)
	}
	h.until(t, id, h.allDone)
	if err := h.service.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.nothingLeft(t, s)
}

// TestBrokenLeftover kills the server and then the display: the next server
// has nothing to take over and cleans up.
func TestBrokenLeftover(t *testing.T) {
	h, rec := leftover(t)
	id := rec.Spec.ID
	unix.Kill(rec.Parts[displayPart].PID, unix.SIGKILL)
	for rec.Parts[displayPart].alive() {
		time.Sleep(time.Millisecond)
	}
	if err := h.service.Adopt(context.Background()); err != nil {
		t.Fatal(err)
	}
	if list := h.service.List(); len(list) != 0 {
		t.Errorf("taken over: %+v", list)
	}
	h.nothingLeft(t, session.Session{ID: id, Display: rec.Display})
}

func TestFailuresHaveReasons(t *testing.T) {
	t.Run("no GIMP", func(t *testing.T) {
		h, err := newHouse(dataDir(t), standIn(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", "")
		h.fails(t, "Xvnc, D-Bus, openbox, GIMP are not installed: apt-get install tigervnc-standalone-server dbus openbox gimp")
	})
	t.Run("no agent", func(t *testing.T) {
		h, err := newHouse(dataDir(t), "/nonexistent/easel-agent")
		if err != nil {
			t.Fatal(err)
		}
		h.fails(t, "the agent is missing: /nonexistent/easel-agent")
	})
	t.Run("agent dies", func(t *testing.T) {
		h, err := newHouse(dataDir(t), "/bin/false")
		if err != nil {
			t.Fatal(err)
		}
		h.fails(t, "(exit status 1)")
	})
}

// fails starts a session that must fail for a reason, and leave nothing.
func (h *house) fails(t *testing.T, reason string) {
	t.Helper()
	s, err := h.service.Create(session.Wish{ID: session.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	s = h.until(t, s.ID, func(now session.Session) bool { return now.State == session.Failed })
	if !strings.Contains(s.Reason, reason) {
		t.Errorf("reason %q, want %q", s.Reason, reason)
	}
	h.nothingLeft(t, s)
	if err := h.service.End(context.Background(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestAdoptRemovesGarbage(t *testing.T) {
	h, err := newHouse(dataDir(t), standIn(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := h.launcher.sessionsDir()
	for name, content := range map[string]string{"a.json": "{", "b.json": `{"spec":{"ID":"c"}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "d", "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.service.Adopt(context.Background()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// start creates a session and waits until it is ready.
func (h *house) start(t *testing.T) session.Session {
	t.Helper()
	begin := time.Now()
	s, err := h.service.Create(session.Wish{ID: session.NewID(), Name: "Test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.service.Close(context.Background()) })
	h.service.AgentConnected(s.Room)
	s = h.until(t, s.ID, func(now session.Session) bool { return now.State == session.Ready })
	t.Logf("ready after %v", time.Since(begin).Round(time.Millisecond))
	return s
}

// until waits for a session to be as wanted.
func (h *house) until(t *testing.T, id string, want func(session.Session) bool) session.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	changes, err := h.service.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var last session.Session
	for last = range changes {
		if want(last) {
			return last
		}
		if !last.Alive() {
			break
		}
		for _, step := range last.Steps {
			if step.Name == session.StreamStep && step.State == session.Active {
				h.service.AgentConnected(last.Room) // the stand-in can't
			}
		}
	}
	t.Fatalf("the session never got where it should; last %+v", last)
	return last
}

func (h *house) allDone(s session.Session) bool {
	for _, step := range s.Steps {
		if step.State != session.Done {
			return false
		}
	}
	return true
}

func (h *house) notice(t *testing.T) string {
	t.Helper()
	select {
	case code := <-h.notices:
		return code
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
		return ""
	}
}

// pid is the process of a part according to the record.
func (h *house) pid(t *testing.T, id, part string) int {
	t.Helper()
	if part == "" {
		return 0
	}
	rec, err := h.launcher.readRecord(id)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Parts[part].PID
}

// nothingLeft checks that a session that is over left nothing behind.
func (h *house) nothingLeft(t *testing.T, s session.Session) {
	t.Helper()
	if left := marked(s.ID); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	paths := []string{h.launcher.recordPath(s.ID), h.launcher.layout(s.ID).dir}
	if s.Display != "" {
		paths = append(paths, socketPath(s.Display), "/tmp/.X"+s.Display[1:]+"-lock")
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("left: %s (%v)", path, err)
		}
	}
}

// serverToKill starts a server of its own process with a ready session.
func serverToKill(t *testing.T, data, agent string) (id string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperData+"="+data, "EASEL_TEST_AGENT="+agent)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// tcpListeners returns the lines of /proc/net/tcp and tcp6 about sockets that
// a process listens on.
func tcpListeners(t *testing.T, pid int) string {
	t.Helper()
	fds, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	if err != nil || len(fds) == 0 {
		t.Fatalf("no descriptors of %d: %v", pid, err)
	}
	inodes := make(map[string]bool)
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if err == nil && strings.HasPrefix(target, "socket:[") {
			inodes[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	var found string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" && inodes[f[9]] {
				found += line
			}
		}
	}
	return found
}
