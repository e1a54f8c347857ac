package local

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/session"
)

// helperData makes this test binary play a server that will be killed.
const helperData = "EASEL_TEST_SERVER_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(helperData); data != "" {
		if err := serveUntilKilled(data, os.Getenv("EASEL_TEST_AGENT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	xgb.Logger.SetOutput(io.Discard) // it misses an .Xauthority in HOME
	goleak.VerifyTestMain(m)
}

// serveUntilKilled starts a session, prints its ID once it is ready, and waits.
func serveUntilKilled(data, agent string) error {
	h, err := newHouse(data, agent)
	if err != nil {
		return err
	}
	s, err := h.service.Create(session.Wish{ID: session.NewID()})
	if err != nil {
		return err
	}
	h.service.AgentConnected(s.Room)
	for now, err := h.service.Find(s.ID); now.State != session.Ready; now, err = h.service.Find(s.ID) {
		if err != nil || now.State == session.Failed {
			return fmt.Errorf("%v %s", err, now.Reason)
		}
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(s.ID)
	select {}
}

// house is a session service on a data directory.
type house struct {
	data     string
	launcher *Launcher
	service  *session.Service
	notices  chan string
}

func newHouse(data, agent string) (*house, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	launcher, err := New(Config{
		Data: data, Agent: agent, URL: "ws://127.0.0.1:1", Width: 1000, Height: 700, Log: log,
		Token: func(string) (string, error) { return "token", nil },
	})
	if err != nil {
		return nil, err
	}
	h := &house{data: data, launcher: launcher, notices: make(chan string, 100)}
	h.service = session.NewService(session.Config{
		Launcher: launcher, Max: 4, Keep: 10, Log: log, Now: time.Now,
		Notify: func(_, code, _ string) { h.notices <- code },
	})
	return h, nil
}

// dataDir makes a data directory that any user can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "easel")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// standIn builds the agent's stand-in.
func standIn(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "easel-agent")
	if out, err := exec.Command("go", "build", "-o", path, "./testdata/agent").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}
