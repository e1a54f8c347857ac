package images

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plugin answers as the plug-in does, by the request's words.
func plugin(t *testing.T, answer func(words []string) string) GIMP {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			request := make([]byte, 4096)
			n, _ := conn.Read(request)
			_, _ = io.WriteString(conn, answer(strings.Fields(string(request[:n]))))
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return GIMP{Socket: socket}
}

func TestGIMPIsUnderstood(t *testing.T) {
	var asked []string
	g := plugin(t, func(words []string) string {
		asked = words
		switch words[0] {
		case "list":
			return "image 3 1 640 480 a%20b /w/a%20b.xcf - /w/%C3%A9.png\nok 17\n\n"
		case "copy":
			return "ok 1200\n\n"
		default:
			return "error no%20way\n\n"
		}
	})
	open, pid, err := g.List(t.Context())
	want := Image{ID: 3, Dirty: true, Width: 640, Height: 480, Name: "a b", File: "/w/a b.xcf", Imported: "/w/é.png"}
	if err != nil || pid != 17 || len(open) != 1 || open[0] != want {
		t.Errorf("%+v of %d, %v", open, pid, err)
	}
	if err := g.Copy(t.Context(), 3, "/w/a b\n.xcf"); err != nil || len(asked) != 3 || asked[2] != "%2Fw%2Fa%20b%0A.xcf" {
		t.Errorf("asked %q, %v", asked, err)
	}
	if err := g.Open(t.Context(), "/w/a"); !errors.Is(err, ErrGIMP) || !strings.Contains(err.Error(), "no way") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := g.List(ctx); !errors.Is(err, ErrGIMP) {
		t.Error(err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte("image 1 0 1 1 a - - -\nok 5\n\n"))
	f.Add([]byte("error %zz\n\n"))
	f.Add([]byte("ok\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		lines, _, err := readAnswer(answer)
		if err != nil && !errors.Is(err, ErrGIMP) {
			t.Error(err)
		}
		for _, line := range lines {
			if image, err := readImage(line); err == nil && (image.ID < 0 || image.Width < 0) {
				t.Errorf("%q became %+v", line, image)
			}
		}
	})
}

func TestCopiesWaitForTheHand(t *testing.T) {
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for what, c := range map[string]struct {
		kept kept
		idle time.Duration
		want bool
	}{
		"nothing changed":               {kept{copied: ago(time.Hour)}, time.Hour, false},
		"the hand rests":                {kept{waiting: ago(2 * time.Second)}, rest, true},
		"the hand only paused":          {kept{waiting: ago(2 * time.Second)}, shortRest, false},
		"a pause, late":                 {kept{waiting: ago(late)}, shortRest, true},
		"no pause, late":                {kept{waiting: ago(late)}, 0, false},
		"no pause, overdue":             {kept{waiting: ago(overdue)}, 0, true},
		"one was made just now":         {kept{waiting: ago(2 * time.Second), copied: ago(3 * time.Second)}, time.Minute, false},
		"a slow one was made":           {kept{waiting: ago(2 * time.Second), copied: ago(10 * time.Second), took: time.Second}, time.Minute, false},
		"a slow one was made, long ago": {kept{waiting: ago(2 * time.Second), copied: ago(latest), took: time.Minute}, time.Minute, true},
	} {
		if got := due(c.kept, now, c.idle); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestAnOverdueCopyIsLookedAfterMoreOften(t *testing.T) {
	now := time.Now()
	k := NewKeeper(Config{})
	k.kept[1] = &kept{waiting: now.Add(-late)}
	if got := k.pace(now); got != lookEvery {
		t.Errorf("a late copy: every %v", got)
	}
	k.kept[2] = &kept{waiting: now.Add(-overdue)}
	if got := k.pace(now); got != lookSoon {
		t.Errorf("an overdue copy: every %v", got)
	}
}
