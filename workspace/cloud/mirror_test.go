package cloud

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// shelf is a store in memory. between is called before each access, as others
// use the storage too.
type shelf struct {
	moves   bool
	now     time.Time
	files   map[string][]byte
	times   map[string]time.Time
	between func()
	own     bool // the last thing done was an upload's end
}

func (s *shelf) put(path string, content []byte) {
	s.now = s.now.Add(time.Second)
	s.files[path], s.times[path] = content, s.now
}

func (s *shelf) remove(path string) {
	delete(s.files, path)
	delete(s.times, path)
}

func (s *shelf) file(path string) rclone.File {
	return rclone.File{Path: path, Size: int64(len(s.files[path])), ModTime: s.times[path]}
}

func (s *shelf) List(context.Context) ([]rclone.File, error) {
	s.between()
	var list []rclone.File
	for path := range s.files {
		list = append(list, s.file(path))
	}
	return list, nil
}

func (s *shelf) Stat(_ context.Context, path string) (rclone.File, bool, error) {
	if !s.own { // see the package's documentation
		s.between()
	}
	s.own = false
	_, ok := s.files[path]
	return s.file(path), ok, nil
}

func (s *shelf) Moves(context.Context) (bool, error) { return s.moves, nil }

func (s *shelf) Delete(_ context.Context, path string) error {
	s.remove(path)
	return nil
}

func (s *shelf) Move(_ context.Context, from, to string) error {
	s.put(to, s.files[from])
	s.remove(from)
	s.own = true
	return nil
}

func (s *shelf) Upload(_ context.Context, dir, from, to string, _ func(rclone.Progress) error) error {
	content, err := os.ReadFile(filepath.Join(dir, from))
	if err == nil {
		s.put(to, content)
		s.own = !s.moves
	}
	return err
}

func (s *shelf) Download(_ context.Context, from, dir, to string, _ func(rclone.Progress) error) error {
	s.between()
	content, ok := s.files[from]
	if !ok {
		return &rclone.Error{Status: 404, Words: "object not found"}
	}
	at := filepath.Join(dir, to)
	if err := os.WriteFile(at, content, 0o600); err != nil {
		return err
	}
	return os.Chtimes(at, s.times[from], s.times[from])
}

// tb is a test, or one of many tries of one.
type tb interface {
	Fatal(args ...any)
	Cleanup(f func())
}

// desk is a workspace with a mirror, whose files are always old enough.
type desk struct {
	*mirror
	dir   string
	clock time.Time
}

func newDesk(t tb, dir string, quota int64) *desk {
	files, err := workspace.Open(workspace.Config{Dir: dir, Quota: quota})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	d := &desk{dir: dir, clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	d.mirror = newMirror(Config{Files: files, Dir: dir, Now: time.Now}, Remote{ID: "abcdefghijklmnopqrstuvwxyz", Name: "Cloud", Kind: "memory"})
	return d
}

func (d *desk) put(t tb, path string, content []byte) {
	at := filepath.Join(d.dir, "Cloud", path)
	d.clock = d.clock.Add(time.Second)
	for _, err := range []error{os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, content, 0o600), os.Chtimes(at, d.clock, d.clock)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// all is every file below a folder.
func all(t tb, dir string) map[string][]byte {
	found := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		path, _ := filepath.Rel(dir, at)
		found[path], err = os.ReadFile(at)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}

// TestNothingIsLost: whatever people do on both sides, also in the middle of a
// pass, in the end both sides are the same, and every content that nobody
// replaced or deleted where they could see it is still somewhere.
func TestNothingIsLost(t *testing.T) {
	if err := flag.Set("rapid.checks", "40"); err != nil { // each syncs many files to disk
		t.Fatal(err)
	}
	dirs := 0
	top := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dirs++
		dir := filepath.Join(top, fmt.Sprint(dirs))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		d := newDesk(t, dir, 0)
		cloud := &shelf{
			moves: rapid.Bool().Draw(t, "moves"), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			files: map[string][]byte{}, times: map[string]time.Time{},
		}
		wanted := make(map[string]bool) // contents that must not be lost
		made := 0
		act := func() {
			path := rapid.SampledFrom([]string{"a", "b.png", "c/d", "c/e.xcf", "f"}).Draw(t, "path")
			there := rapid.Bool().Draw(t, "there")
			before, is := cloud.files[path]
			if !there {
				var err error
				before, err = os.ReadFile(filepath.Join(dir, "Cloud", path))
				is = err == nil
			}
			if is {
				delete(wanted, string(before)) // seen, and about to be replaced or deleted
			}
			remove := is && rapid.IntRange(0, 2).Draw(t, "remove") == 0
			made++
			content := fmt.Appendf(nil, "content %d", made)
			switch {
			case remove && there:
				cloud.remove(path)
			case remove:
				if err := os.Remove(filepath.Join(dir, "Cloud", path)); err != nil {
					t.Fatal(err)
				}
			case there:
				cloud.put(path, content)
			default:
				d.put(t, path, content)
			}
			if !remove {
				wanted[string(content)] = true
			}
		}
		busy := 0
		cloud.between = func() {
			if busy > 0 && rapid.IntRange(0, 3).Draw(t, "between") == 0 {
				busy--
				act()
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			for range rapid.IntRange(0, 6).Draw(t, "acts") {
				act()
			}
			busy = 3
			if _, err := d.pass(t.Context(), cloud); err != nil {
				t.Fatal(err)
			}
			busy = 0
			if rapid.IntRange(0, 3).Draw(t, "forgets") == 0 {
				d.base = map[string]known{} // as after a crash
			}
		}
		for n := 0; ; n++ {
			again, err := d.pass(t.Context(), cloud)
			if err != nil {
				t.Fatal(err)
			}
			here := all(t, filepath.Join(dir, "Cloud"))
			if !again && maps.EqualFunc(here, cloud.files, bytes.Equal) {
				break
			}
			if n == 10 {
				t.Fatalf("the sides do not agree: here %q, there %q", here, cloud.files)
			}
		}
		kept := slices.Collect(maps.Values(all(t, dir))) // the trash too
		for content := range wanted {
			if !slices.ContainsFunc(kept, func(k []byte) bool { return string(k) == content }) {
				t.Errorf("%q is lost", content)
			}
		}
		for path := range cloud.files {
			if strings.Contains(path, partial) {
				t.Errorf("%s is left there", path)
			}
		}
	})
}

func TestAConflictIsKeptTwice(t *testing.T) {
	d := newDesk(t, t.TempDir(), 0)
	cloud := &shelf{moves: true, now: time.Now().Add(-time.Hour), files: map[string][]byte{}, times: map[string]time.Time{}, between: func() {}}
	d.put(t, "a.png", []byte("mine"))
	cloud.put("a.png", []byte("yours"))
	for range 3 {
		if _, err := d.pass(t.Context(), cloud); err != nil {
			t.Fatal(err)
		}
	}
	status := d.told()
	if len(status.Conflicts) != 1 || !strings.HasPrefix(status.Conflicts[0], "Cloud/a (from Cloud, 2") {
		t.Fatalf("conflicts %q", status.Conflicts)
	}
	here := all(t, filepath.Join(d.dir, "Cloud"))
	if string(here["a.png"]) != "mine" || len(here) != 2 || !maps.EqualFunc(here, cloud.files, bytes.Equal) {
		t.Errorf("here %q, there %q", here, cloud.files)
	}
}

func TestWhatVanishesAtOnceComesBack(t *testing.T) {
	d := newDesk(t, t.TempDir(), 0)
	cloud := &shelf{moves: true, now: time.Now().Add(-time.Hour), files: map[string][]byte{}, times: map[string]time.Time{}, between: func() {}}
	for i := range 8 {
		d.put(t, fmt.Sprint(i), []byte("picture"))
	}
	if _, err := d.pass(t.Context(), cloud); err != nil || len(cloud.files) != 8 {
		t.Fatal(err, cloud.files)
	}
	clear(cloud.files) // a remote that answers with an empty list
	if _, err := d.pass(t.Context(), cloud); err != nil {
		t.Fatal(err)
	}
	if status := d.told(); len(cloud.files) != 8 || status.Rescued != 8 || len(all(t, filepath.Join(d.dir, "Cloud"))) != 8 {
		t.Errorf("there are %d, status %+v", len(cloud.files), status)
	}
	cloud.remove("1")
	if _, err := d.pass(t.Context(), cloud); err != nil {
		t.Fatal(err)
	}
	if here := all(t, filepath.Join(d.dir, "Cloud")); len(here) != 7 {
		t.Errorf("one that was deleted there: here are %d", len(here))
	}
}

func TestNoRoomForWhatComes(t *testing.T) {
	d := newDesk(t, t.TempDir(), 100)
	cloud := &shelf{moves: true, now: time.Now().Add(-time.Hour), files: map[string][]byte{}, times: map[string]time.Time{}, between: func() {}}
	cloud.put("large", make([]byte, 200))
	cloud.put("small", []byte("fits"))
	_, err := d.pass(t.Context(), cloud)
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("want that it is full: %v", err)
	}
	if here := all(t, filepath.Join(d.dir, "Cloud")); len(here) != 1 || string(here["small"]) != "fits" {
		t.Errorf("here %q", here)
	}
}
