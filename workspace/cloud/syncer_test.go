package cloud

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/rclonetest"
	"github.com/easel-live/easel/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a busy machine may take.
const patience = 3 * time.Minute

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// studio is a workspace whose Syncer runs.
type studio struct {
	*Syncer
	t     *testing.T
	dir   string
	files *workspace.Workspace
}

func newStudio(t *testing.T, quota int64) *studio {
	t.Helper()
	dir := t.TempDir()
	files, err := workspace.Open(workspace.Config{Dir: dir, Quota: quota})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Files: files, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		files.Close()
	})
	return &studio{s, t, dir, files}
}

// write makes a file that has been left alone for a while.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	before := time.Now().Add(-time.Hour)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, before, before); err != nil {
		t.Fatal(err)
	}
}

func holds(path, content string) func() bool {
	return func() bool {
		got, err := os.ReadFile(path)
		return err == nil && string(got) == content
	}
}

// connect sets the one remote of a studio.
func (s *studio) connect(r Remote) {
	s.t.Helper()
	if err := s.Set([]Remote{r}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) is(state State) func() bool {
	return func() bool {
		list := s.Status()
		return len(list) == 1 && list[0].State == state
	}
}

// settle asks for passes until both sides agree.
func (s *studio) settle() {
	s.t.Helper()
	before := s.Status()[0].Synced
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("the remote: %+v", s.Status())
		}
	})
	until(s.t, "both sides agree", func() bool {
		one := s.Status()[0]
		if one.State == Synced && one.Synced.After(before) {
			return true
		}
		if one.State != Syncing {
			if err := s.Sync(one.ID); err != nil {
				s.t.Fatal(err)
			}
		}
		return false
	})
}

const id = "abcdefghijklmnopqrstuvwxy2"

func webdav(at string) Remote {
	return Remote{ID: id, Name: "Cloud", Kind: "webdav", Parameters: map[string]string{"url": "http://" + at, "vendor": "other", "user": rclonetest.User, "pass": rclonetest.Password}}
}

// both checks that changes go both ways.
func both(t *testing.T, s *studio, r Remote, put func(path string, content []byte), get func(path string) (string, bool)) {
	t.Helper()
	put("from there/ä & b.png", []byte("picture"))
	write(t, filepath.Join(s.dir, "Cloud/from here/c.xcf"), bytes.Repeat([]byte("xcf"), 100_000))
	if err := s.Test(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.connect(r)
	s.settle()
	if !holds(filepath.Join(s.dir, "Cloud/from there/ä & b.png"), "picture")() {
		t.Errorf("nothing came: %+v", s.Status())
	}
	if got, _ := get("from here/c.xcf"); got != strings.Repeat("xcf", 100_000) {
		t.Errorf("nothing went, or not all: %d bytes, %+v", len(got), s.Status())
	}
	write(t, filepath.Join(s.dir, "Cloud/from there/ä & b.png"), []byte("painted over"))
	if err := os.Remove(filepath.Join(s.dir, "Cloud/from here/c.xcf")); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got, _ := get("from there/ä & b.png"); got != "painted over" {
		t.Errorf("the change did not go: %q, %+v", got, s.Status())
	}
	if _, is := get("from here/c.xcf"); is {
		t.Error("what was deleted here is there")
	}
}

func folder(t *testing.T, dir string) (put func(string, []byte), get func(string) (string, bool)) {
	return func(path string, content []byte) { write(t, filepath.Join(dir, path), content) },
		func(path string) (string, bool) {
			got, err := os.ReadFile(filepath.Join(dir, path))
			return string(got), err == nil
		}
}

func TestWebDAV(t *testing.T) {
	dir := t.TempDir()
	put, get := folder(t, dir)
	both(t, newStudio(t, 0), webdav(rclonetest.Serve(t, "webdav", dir)), put, get)
}

func TestSFTP(t *testing.T) {
	dir := t.TempDir()
	at := rclonetest.Serve(t, "sftp", dir)
	_, port, _ := net.SplitHostPort(at)
	put, get := folder(t, filepath.Join(dir, "deep", "er"))
	both(t, newStudio(t, 0), Remote{
		ID: id, Name: "Cloud", Kind: "sftp", Path: "deep/er",
		Parameters: map[string]string{"host": "127.0.0.1", "port": port, "user": rclonetest.User, "pass": rclonetest.Password},
	}, put, get)
}

func TestS3(t *testing.T) {
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	if err := backend.CreateBucket("pictures"); err != nil {
		t.Fatal(err)
	}
	put := func(path string, content []byte) {
		meta := map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)} // as one that comes by HTTP has it
		if _, err := backend.PutObject("pictures", path, meta, bytes.NewReader(content), int64(len(content)), nil); err != nil {
			t.Fatal(err)
		}
	}
	get := func(path string) (string, bool) {
		o, err := backend.GetObject("pictures", path, nil)
		if err != nil {
			return "", false
		}
		defer o.Contents.Close()
		b, err := io.ReadAll(o.Contents)
		return string(b), err == nil
	}
	both(t, newStudio(t, 0), Remote{
		ID: id, Name: "Cloud", Kind: "s3", Path: "pictures",
		Parameters: map[string]string{"provider": "Other", "access_key_id": "key", "secret_access_key": "word", "endpoint": server.URL, "force_path_style": "true"},
	}, put, get)
}

func TestProvidersDescribeThemselves(t *testing.T) {
	s := newStudio(t, 0)
	list, err := s.Providers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, p := range list {
		names[p.Name] = true
		if p.Name == "webdav" && (p.OAuth || len(p.Options) < 4) || p.Name == "dropbox" && !p.OAuth {
			t.Errorf("%+v", p)
		}
	}
	if !names["s3"] || !names["sftp"] || names["local"] || names["alias"] {
		t.Errorf("providers %v", names)
	}
	until(t, "rclone ends when nobody needs it", func() bool {
		s.daemonMu.Lock()
		defer s.daemonMu.Unlock()
		return s.daemon == nil
	})
}

// TestBadStorage: storage that refuses, is full, hangs or lies is told of, and
// nothing here is harmed.
func TestBadStorage(t *testing.T) {
	dir := t.TempDir()
	behind, err := url.Parse("http://" + rclonetest.Serve(t, "webdav", dir))
	if err != nil {
		t.Fatal(err)
	}
	var mood atomic.Value
	mood.Store("")
	hung := make(chan struct{})
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	proxy.ModifyResponse = func(resp *http.Response) error {
		if mood.Load() != "lying" || resp.StatusCode != http.StatusMultiStatus {
			return nil
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		raw = bytes.ReplaceAll(raw, []byte("<D:getcontentlength>50<"), []byte("<D:getcontentlength>7<"))
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		resp.Header.Del("Content-Length")
		return err
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch m := mood.Load(); {
		case m == "revoked":
			w.WriteHeader(http.StatusForbidden)
		case m == "full" && r.Method == http.MethodPut:
			w.WriteHeader(http.StatusInsufficientStorage)
		case m == "hung" && r.Method == http.MethodGet:
			select {
			case <-hung:
			case <-r.Context().Done():
			}
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	defer front.Close()
	defer close(hung)
	at := strings.TrimPrefix(front.URL, "http://")
	s := newStudio(t, 0)
	picture := filepath.Join(s.dir, "Cloud/picture.xcf")

	wrong := webdav(at)
	wrong.Parameters["pass"] = "guessed"
	if err := s.Test(t.Context(), wrong); err == nil {
		t.Error("a wrong password passes the test")
	}
	mood.Store("full")
	if err := s.Test(t.Context(), webdav(at)); err == nil || !strings.Contains(err.Error(), "takes no files") {
		t.Errorf("storage that is full passes the test: %v", err)
	}
	write(t, picture, []byte("a day's work"))
	s.connect(webdav(at))
	until(t, "it is told that the storage is full", s.is(Failed))
	if got := s.Status()[0].Problem; !strings.Contains(got, "picture.xcf") || !strings.Contains(got, "507") {
		t.Errorf("the problem: %q", got)
	}
	mood.Store("revoked")
	s.ask()
	until(t, "it is told that the storage refuses", func() bool { return s.is(Failed)() && strings.Contains(s.Status()[0].Problem, "403") })
	if !holds(picture, "a day's work")() {
		t.Error("the picture is gone")
	}
	mood.Store("")
	s.settle()
	if !holds(filepath.Join(dir, "picture.xcf"), "a day's work")() {
		t.Error("the picture did not go when the storage was well again")
	}

	mood.Store("lying")
	write(t, filepath.Join(dir, "liar.png"), bytes.Repeat([]byte("x"), 50))
	s.ask()
	until(t, "a lie is noticed", func() bool { return s.is(Failed)() && strings.Contains(s.Status()[0].Problem, "liar.png") })
	if _, err := os.Stat(filepath.Join(s.dir, "Cloud/liar.png")); err == nil {
		t.Error("a file that is not whole is shown")
	}

	mood.Store("hung")
	s.ask()
	until(t, "a copy hangs", func() bool { return s.is(Syncing)() && s.Status()[0].Current == "liar.png" })
	paused := webdav(at)
	paused.Paused = true
	s.connect(paused)
	until(t, "a pause ends it", s.is(Paused))
	mood.Store("")
	s.connect(webdav(at))
	s.settle()
	if !holds(filepath.Join(s.dir, "Cloud/liar.png"), strings.Repeat("x", 50))() {
		t.Error("the file did not come in the end")
	}
	staged, err := os.ReadDir(filepath.Join(s.dir, ".easel/staged"))
	if err != nil || len(staged) != 0 {
		t.Errorf("what was staged stays: %v, %v", staged, err)
	}
}

// ask has the one remote looked at as soon as it can be.
func (s *studio) ask() {
	s.t.Helper()
	if err := s.Sync(id); err != nil {
		s.t.Fatal(err)
	}
}

func TestReadOnlyStorage(t *testing.T) {
	dir := t.TempDir()
	at := rclonetest.Serve(t, "webdav", dir, "--read-only")
	s := newStudio(t, 0)
	if err := s.Test(t.Context(), webdav(at)); err == nil || !strings.Contains(err.Error(), "takes no files") {
		t.Errorf("read-only storage passes the test: %v", err)
	}
	write(t, filepath.Join(dir, "there.png"), []byte("there"))
	write(t, filepath.Join(s.dir, "Cloud/here.png"), []byte("here"))
	s.connect(webdav(at))
	until(t, "it is told", s.is(Failed))
	until(t, "what is there comes all the same", holds(filepath.Join(s.dir, "Cloud/there.png"), "there"))
}

func TestRcloneThatDies(t *testing.T) {
	dir := t.TempDir()
	at := rclonetest.Serve(t, "webdav", dir)
	s := newStudio(t, 0)
	write(t, filepath.Join(dir, "a.png"), []byte("a"))
	s.connect(webdav(at))
	s.settle()
	s.daemonMu.Lock()
	s.daemon.Stop()
	s.daemonMu.Unlock()
	write(t, filepath.Join(dir, "b.png"), []byte("b"))
	s.settle()
	if !holds(filepath.Join(s.dir, "Cloud/b.png"), "b")() {
		t.Errorf("%+v", s.Status())
	}
}
