package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBackupsByTheCommandLine(t *testing.T) {
	s := newShell(t)
	if _, said, ok := s.run(t, "backup", "run"); ok || !strings.Contains(said, "EASEL_BACKUP_REPOSITORY") {
		t.Errorf("a backup to nowhere: %q", said)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("word"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "EASEL_BACKUP_REPOSITORY="+filepath.Join(t.TempDir(), "repository"), "EASEL_BACKUP_PASSWORD_FILE="+password,
		"XDG_CACHE_HOME="+t.TempDir(), "EASEL_BACKUP_EVERY=24h")
	_, log, _ := s.serve(t)
	if out, said, ok := s.run(t, "user", "add", "ann"); !ok {
		t.Fatal(out, said)
	}
	for end := time.Now().Add(3 * time.Minute); log.find(`msg="backup taken"`) == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server takes no first backup")
		}
	}
	out, said, ok := s.run(t, "backup", "run") // with ann
	if !ok || !strings.Contains(out, "files") {
		t.Fatal(out, said)
	}
	if out, said, ok := s.run(t, "backup", "list"); !ok || len(strings.Split(strings.TrimSpace(out), "\n")) == 0 {
		t.Error(out, said)
	}
	if out, said, ok := s.run(t, "backup", "verify", "--json"); !ok || !strings.Contains(out, `"gone":0`) {
		t.Error(out, said)
	}
	second := newShell(t)
	anew, _ := strings.CutPrefix(second.env[slices.IndexFunc(second.env, func(e string) bool { return strings.HasPrefix(e, "EASEL_DATA=/tmp/") })], "EASEL_DATA=")
	if out, said, ok := s.run(t, "backup", "restore", "latest", "--to", anew); !ok || strings.TrimSpace(out) != anew {
		t.Fatal(out, said)
	}
	// A server on what was restored knows the accounts.
	second.serve(t)
	if out, said, ok := second.run(t, "user", "list"); !ok || !strings.Contains(out, "ann") {
		t.Error(out, said)
	}
}
