package instance

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain is also the easel command of these tests: with FAKE_EASEL set, this
// binary serves /readyz and answers the session commands.
func TestMain(m *testing.M) {
	if mode := os.Getenv("FAKE_EASEL"); mode != "" {
		os.Exit(fakeEasel(mode, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, mode string) (*Instance, *bytes.Buffer, error) {
	t.Helper()
	t.Setenv("FAKE_EASEL", mode)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	i, err := Start(ctx, self, &logs)
	return i, &logs, err
}

func TestSessionThroughTheCommandLine(t *testing.T) {
	i, logs, err := start(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := i.StartSession(ctx)
	if want := (Session{ID: "s1", Room: "r1", Display: ":77", Workspace: "/w"}); err != nil || s != want {
		t.Errorf("session %+v, %v", s, err)
	}
	if again, err := i.Session(ctx, "s1"); err != nil || again != s {
		t.Errorf("listed %+v, %v", again, err)
	}
	if _, err := i.Session(ctx, "s2"); !errors.Is(err, ErrCommand) {
		t.Errorf("a session that is not there: %v", err)
	}
	if link, err := i.Link(ctx, "s1", "owner"); err != nil || link != i.URL+"/s/s1#invite=owner" {
		t.Errorf("link %q, %v", link, err)
	}
	if err := i.EndSession(ctx, "s1"); err != nil {
		t.Error(err)
	}
	if err := i.EndSession(ctx, "s2"); !errors.Is(err, ErrCommand) || !strings.Contains(err.Error(), "no such session") {
		t.Errorf("the command's complaint is lost: %v", err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(i.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data is left: %v", err)
	}
	if !strings.Contains(logs.String(), "stopped") {
		t.Errorf("the server was not stopped in order: %q", logs)
	}
}

func TestServerThatEndsAtOnce(t *testing.T) {
	_, _, err := start(t, "broken")
	if !errors.Is(err, ErrNotReady) {
		t.Errorf("got %v", err)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	if _, err := Start(context.Background(), filepath.Join(t.TempDir(), "easel"), os.Stderr); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
