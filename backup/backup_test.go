package backup

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/rclonetest"
)

// house is a server's data directory with some files.
func house(t *testing.T, repository string) Config {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // restic's
	dir := t.TempDir()
	for path, content := range map[string]string{
		"workspaces/one/a.png":                   "a picture",
		"workspaces/one/Old/b [1]*.xcf":          "another",
		"workspaces/one/.easel/recovery/1/0.xcf": "a copy",
		"workspaces/one/.easel/staged/x":         "half of it",
		"workspaces/two/c.png":                   "somebody else's",
		"livekit-key.json":                       "key",
		"lock":                                   "",
	} {
		write(t, filepath.Join(dir, path), content)
	}
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, "word\n")
	return Config{Data: dir, Repository: repository, PasswordFile: password, CopyAccounts: func(_ context.Context, file string) error {
		return os.WriteFile(file, []byte("accounts"), 0o600)
	}}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, path, content string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		t.Errorf("%s: %q, %v, want %q", path, got, err, content)
	}
}

// expectNone: a repository that no backup made yet has none, which is no error.
func expectNone(t *testing.T, c Config) {
	t.Helper()
	if list, err := List(t.Context(), c); err != nil || len(list) != 0 {
		t.Errorf("before the first backup: %+v, %v", list, err)
	}
}

func run(t *testing.T, c Config) Summary {
	t.Helper()
	s, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatWasThereComesBack(t *testing.T) {
	c := house(t, filepath.Join(t.TempDir(), "repository"))
	expectNone(t, c)
	first := run(t, c)
	if first.Files != 6 || first.Unread {
		t.Errorf("the first: %+v", first)
	}
	if _, err := os.Stat(filepath.Join(c.Data, staging)); !os.IsNotExist(err) {
		t.Errorf("the copy of the accounts stays: %v", err)
	}
	write(t, filepath.Join(c.Data, "workspaces/one/a.png"), "painted over")
	if err := os.Remove(filepath.Join(c.Data, "workspaces/two/c.png")); err != nil {
		t.Fatal(err)
	}
	run(t, c)
	list, err := List(t.Context(), c)
	if err != nil || len(list) != 2 || !strings.HasPrefix(first.Snapshot, list[0].ID) {
		t.Fatalf("listed %+v, %v", list, err)
	}

	v, err := Verify(t.Context(), c, list[0].ID)
	if err != nil || v.Files != 6 || v.Same != 3 || v.Changed != 1 || v.Gone != 2 {
		t.Errorf("the first, verified: %+v, %v", v, err)
	}

	at, err := Restore(t.Context(), c, Wish{Snapshot: list[0].ID, Session: "one", Path: "a.png"})
	if err != nil || !strings.HasPrefix(filepath.Base(at), "a (from 2") {
		t.Fatal(at, err)
	}
	expect(t, at, "a picture")
	expect(t, filepath.Join(c.Data, "workspaces/one/a.png"), "painted over")
	if at, err = Restore(t.Context(), c, Wish{Snapshot: "latest", Session: "one", Path: "Old/b [1]*.xcf"}); err != nil {
		t.Fatal(err)
	}
	expect(t, at, "another")
	if at, err = Restore(t.Context(), c, Wish{Snapshot: list[0].ID, Session: "one"}); err != nil {
		t.Fatal(err)
	}
	expect(t, filepath.Join(at, "a.png"), "a picture")
	if _, err := os.Stat(filepath.Join(at, ".easel")); !os.IsNotExist(err) {
		t.Errorf("what is Easel's own came too: %v", err)
	}

	elsewhere := filepath.Join(t.TempDir(), "anew")
	if _, err = Restore(t.Context(), c, Wish{Snapshot: list[0].ID, To: elsewhere}); err != nil {
		t.Fatal(err)
	}
	expect(t, filepath.Join(elsewhere, "accounts.db"), "accounts")
	expect(t, filepath.Join(elsewhere, "livekit-key.json"), "key")
	expect(t, filepath.Join(elsewhere, "workspaces/two/c.png"), "somebody else's")
	expect(t, filepath.Join(elsewhere, "workspaces/one/.easel/recovery/1/0.xcf"), "a copy")
	if _, err := os.Stat(filepath.Join(elsewhere, "workspaces/one/.easel/staged/x")); !os.IsNotExist(err) {
		t.Errorf("what was half there came too: %v", err)
	}

	for name, wish := range map[string]Wish{
		"over what is there":    {Snapshot: "latest", To: c.Data},
		"an unknown snapshot":   {Snapshot: "abcdef12", Session: "one"},
		"an unknown session":    {Snapshot: "latest", Session: "nobody"},
		"out of the workspace":  {Snapshot: "latest", Session: "one", Path: "../two/c.png"},
		"out of the sessions":   {Snapshot: "latest", Session: ".."},
		"the server's, nowhere": {Snapshot: "latest"},
	} {
		if at, err := Restore(t.Context(), c, wish); err == nil {
			t.Errorf("%s: restored to %s", name, at)
		}
	}
	left, err := filepath.Glob(filepath.Join(c.Data, ".easel-restore-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestOldSnapshotsGo(t *testing.T) {
	c := house(t, filepath.Join(t.TempDir(), "repository"))
	c.Keep = Keep{Daily: 1}
	for range 2 {
		run(t, c)
	}
	if list, err := List(t.Context(), c); err != nil || len(list) != 1 {
		t.Errorf("kept %+v, %v", list, err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	c := house(t, filepath.Join(t.TempDir(), "repository"))
	run(t, c)
	wrong := c
	wrong.PasswordFile = filepath.Join(t.TempDir(), "wrong")
	write(t, wrong.PasswordFile, "guessed")
	if _, err := Run(t.Context(), wrong); err == nil {
		t.Error("a wrong password makes a backup")
	}
	picture := filepath.Join(c.Data, "workspaces/one/a.png")
	info, err := os.Stat(picture)
	if err != nil {
		t.Fatal(err)
	}
	write(t, picture, "a piCture") // as a disk that errs
	if err := os.Chtimes(picture, time.Now(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), c, "latest"); !errors.Is(err, ErrDiffers) {
		t.Errorf("a file that differs: %v", err)
	}
	packs, err := filepath.Glob(filepath.Join(c.Repository, "data/*/*"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		if err := os.Chmod(pack, 0o600); err != nil {
			t.Fatal(err)
		}
		write(t, pack, "rot")
	}
	if _, err := Verify(t.Context(), c, "latest"); err == nil || errors.Is(err, ErrDiffers) {
		t.Errorf("a damaged repository: %v", err)
	}
}

// TestOverRclone: a repository may be on any storage that rclone reaches.
func TestOverRclone(t *testing.T) {
	at := rclonetest.Serve(t, "webdav", t.TempDir())
	settings := filepath.Join(t.TempDir(), "rclone.conf")
	obscured, err := exec.Command("rclone", "obscure", rclonetest.Password).Output()
	if err != nil {
		t.Fatal(err)
	}
	write(t, settings, "[cloud]\ntype = webdav\nurl = http://"+at+"\nvendor = other\nuser = "+rclonetest.User+"\npass = "+string(obscured))
	t.Setenv("RCLONE_CONFIG", settings)
	c := house(t, "rclone:cloud:backups")
	expectNone(t, c)
	run(t, c)
	if v, err := Verify(t.Context(), c, "latest"); err != nil || v.Files != 6 {
		t.Errorf("%+v, %v", v, err)
	}
}
