package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOneSessionWrites(t *testing.T) {
	dir := t.TempDir()
	open := func() *Workspace {
		w, err := Open(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Close() })
		return w
	}
	first, second := open(), open()
	if err := first.Hold(); err != nil {
		t.Fatal(err)
	}
	if err := second.Hold(); !errors.Is(err, ErrHeld) {
		t.Errorf("a second session takes the files: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Hold(); err != nil {
		t.Errorf("files that were let go: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, private)); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Mkdir("a"); err != nil {
		t.Errorf("whoever holds the files can't write when the lease's file was deleted: %v", err)
	}
	if err := open().Hold(); !errors.Is(err, ErrHeld) {
		t.Errorf("then the lease is nobody's: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, leaseFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Mkdir("b"); err == nil {
		t.Error("a lease that is damaged lets write")
	}
}

// TestSessionsNeverLoseAFile: whatever sessions do at one workspace, and whether
// or not the kernel's lock is taken from one that goes on, only the latest holder
// changes files, and each file is as its last holder left it.
func TestSessionsNeverLoseAFile(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	want := make(map[string][]byte)
	var sessions []*Workspace
	var holder *Workspace
	defer func() {
		for _, s := range sessions {
			s.Close()
		}
	}()
	for n := range 400 {
		switch k := r.IntN(20); {
		case k == 0 || len(sessions) == 0: // a new session
			w, err := Open(Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			sessions = append(sessions, w)
			err = w.Hold()
			if held := errors.Is(err, ErrHeld); held != (holder != nil) || err != nil && !held {
				t.Fatalf("step %d: a new session with %v holding: %v", n, holder != nil, err)
			}
			if err == nil {
				holder = w
			} else { // as its agent does
				sessions = sessions[:len(sessions)-1]
				w.Close()
			}
			continue
		case k == 1 && holder != nil: // it ends
			for i, s := range sessions {
				if s == holder {
					sessions = append(sessions[:i], sessions[i+1:]...)
					break
				}
			}
			holder.Close()
			holder = nil
			continue
		case k == 2 && holder != nil: // its lock is taken away, and it does not know
			if err := unix.Flock(int(holder.lease.file.Fd()), unix.LOCK_UN); err != nil {
				t.Fatal(err)
			}
			next, err := Open(Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := next.Hold(); err != nil {
				t.Fatal(err)
			}
			sessions, holder = append(sessions, next), next
			continue
		}
		w := sessions[r.IntN(len(sessions))]
		name := fmt.Sprint("file ", r.IntN(6))
		content := fmt.Appendf(nil, "written in step %d", n)
		var err error
		var done func()
		switch r.IntN(3) {
		case 0:
			_, err = w.Write(name, bytes.NewReader(content))
			done = func() { want[name] = content }
		case 1:
			_, err = w.Delete(name)
			done = func() { delete(want, name) }
		default:
			to := fmt.Sprint("file ", r.IntN(6))
			_, err = w.Move(name, to)
			done = func() { want[to] = want[name]; delete(want, name) }
		}
		switch {
		case err == nil && w == holder:
			done()
		case err == nil:
			t.Fatalf("step %d: a session that lost the files changes them", n)
		case w != holder && !errors.Is(err, ErrLost) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrExists):
			t.Fatalf("step %d: %v", n, err)
		case errors.Is(err, ErrLost) && w == holder:
			t.Fatalf("step %d: the holder is refused", n)
		}
	}
	got := make(map[string][]byte)
	for name := range want {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = content
	}
	if !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("files are not as they were left: %q, want %q", got, want)
	}
}
