// Package backup takes snapshots of everything a server keeps, its people's
// workspaces and its own state, with restic: deduplicated, encrypted, into a
// folder, or into any storage that rclone reaches.
//
//	Run ── a copy of the database ── restic backup ── restic forget ── repository
//	Restore, Verify ── restic restore ── a folder beside ── its place
//
// A snapshot has what the data directory has, by paths relative to it, so that
// it can be brought back on another machine, into another directory:
//
//	workspaces/ID/…   files of sessions, without what is on its way in
//	accounts.db       as it was at one moment
//	livekit-key.json, secrets.key, guests.json, audit.jsonl
//
// Nothing is restored over what is there.
package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Errors of a backup.
var (
	ErrMissing  = errors.New("restic is not installed: apt-get install restic")
	ErrNotFound = errors.New("no such snapshot")
	ErrThere    = errors.New("there is something already")
)

const (
	workspaces = "workspaces"
	accounts   = "accounts.db"
	// staging is where the copy of the database lies while restic reads it.
	staging = "backup"
	// tag marks our snapshots among others of a repository.
	tag = "easel"
)

// state is what a server keeps besides workspaces and accounts.
var state = []string{"livekit-key.json", "secrets.key", "guests.json", "audit.jsonl", "audit.jsonl.old"}

// Config says what is backed up where.
type Config struct {
	// Data is the server's data directory, absolute.
	Data string
	// Repository is restic's: a folder, or rclone:REMOTE:PATH, or another kind.
	Repository string
	// PasswordFile has the password of the repository. Without it nothing in
	// the repository can be read, by nobody.
	PasswordFile string
	Keep         Keep
	// CopyAccounts writes a copy of the accounts' database to a file; nil: they
	// are kept elsewhere.
	CopyAccounts func(ctx context.Context, file string) error
}

// Keep says how many snapshots stay: the latest of as many days, weeks and
// months as have one.
type Keep struct{ Daily, Weekly, Monthly int }

// Snapshot is one that was taken.
type Snapshot struct {
	ID   string    `json:"short_id"`
	Time time.Time `json:"time"`
	Tags []string  `json:"tags"`
}

// Summary is what a run did.
type Summary struct {
	Snapshot string  `json:"snapshot_id"`
	Files    int     `json:"total_files_processed"`
	Bytes    int64   `json:"total_bytes_processed"`
	Added    int64   `json:"data_added"` // bytes that were not in the repository
	Seconds  float64 `json:"total_duration"`
	// Unread says that some files could not be read, for they changed or went.
	Unread bool `json:"unread"`
}

// Run takes a snapshot, making the repository first if need be, and forgets
// those that are not to be kept.
func Run(ctx context.Context, c Config) (Summary, error) {
	if err := c.provide(ctx); err != nil {
		return Summary{}, err
	}
	what := []string{}
	for _, name := range append([]string{workspaces}, state...) {
		if _, err := os.Lstat(filepath.Join(c.Data, name)); err == nil {
			what = append(what, name)
		}
	}
	if c.CopyAccounts != nil {
		dir := filepath.Join(c.Data, staging)
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
			return Summary{}, fmt.Errorf("backup: %w", err)
		}
		defer os.RemoveAll(dir)
		if err := c.CopyAccounts(ctx, filepath.Join(dir, accounts)); err != nil {
			return Summary{}, fmt.Errorf("backup: copying the accounts: %w", err)
		}
		what = append(what, staging)
	}
	args := append([]string{"backup", "--json", "--host", tag, "--tag", tag, "--exclude", workspaces + "/*/.easel/uploads", "--exclude", workspaces + "/*/.easel/staged"}, what...)
	out, err := c.restic(ctx, args...)
	var failed *exec.ExitError
	// 3: the snapshot is made, but some files could not be read (restic backup --help).
	unread := errors.As(err, &failed) && failed.ExitCode() == 3
	if err != nil && !unread {
		return Summary{}, err
	}
	var s Summary
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &s); err != nil || s.Snapshot == "" {
		return Summary{}, fmt.Errorf("backup: restic answers nonsense: %.200q", lines[len(lines)-1])
	}
	s.Unread = unread
	return s, c.forget(ctx)
}

// provide makes the repository if there is none.
func (c Config) provide(ctx context.Context) error {
	_, err := c.restic(ctx, "cat", "config")
	if err == nil {
		return nil
	}
	// What is there and can't be opened is not made anew: restic refuses to.
	if _, e := c.restic(ctx, "init"); e != nil {
		return errors.Join(err, e)
	}
	return nil
}

func (c Config) forget(ctx context.Context) error {
	if c.Keep == (Keep{}) {
		return nil
	}
	args := []string{"forget", "--prune", "--tag", tag, "--host", tag, "--group-by", "host,tags", "--keep-last", "1"}
	for _, k := range []struct {
		flag string
		n    int
	}{{"--keep-daily", c.Keep.Daily}, {"--keep-weekly", c.Keep.Weekly}, {"--keep-monthly", c.Keep.Monthly}} {
		if k.n > 0 {
			args = append(args, k.flag, fmt.Sprint(k.n))
		}
	}
	_, err := c.restic(ctx, args...)
	return err
}

// notMade is how restic says that there is no repository yet, on a disk and by
// rclone; newer ones end with 10 besides (restic's manual, "Exit codes").
var notMade = regexp.MustCompile(`unable to open config file: .*(no such file or directory|does not exist) Is there a repository`)

// List is every snapshot, oldest first.
func List(ctx context.Context, c Config) ([]Snapshot, error) {
	out, err := c.restic(ctx, "snapshots", "--json", "--tag", tag)
	var failed *exec.ExitError
	if errors.As(err, &failed) && (failed.ExitCode() == 10 || notMade.MatchString(err.Error())) {
		return []Snapshot{}, nil
	}
	if err != nil {
		return nil, err
	}
	list := []Snapshot{}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("backup: restic answers nonsense: %w", err)
	}
	slices.SortFunc(list, func(a, b Snapshot) int { return a.Time.Compare(b.Time) })
	return list, nil
}

// find is a snapshot by its ID, or the latest.
func find(ctx context.Context, c Config, id string) (Snapshot, error) {
	list, err := List(ctx, c)
	if err != nil {
		return Snapshot{}, err
	}
	if id == "latest" && len(list) > 0 {
		return list[len(list)-1], nil
	}
	for _, s := range list {
		if s.ID == id || len(id) > len(s.ID) && strings.HasPrefix(id, s.ID) {
			return s, nil
		}
	}
	return Snapshot{}, fmt.Errorf("%w: %s", ErrNotFound, id)
}

// restic runs restic in the data directory and returns what it said.
func (c Config) restic(ctx context.Context, args ...string) ([]byte, error) {
	program, err := exec.LookPath("restic")
	if err != nil {
		return nil, ErrMissing
	}
	cmd := exec.CommandContext(ctx, program, args...)
	// An interrupt lets restic take its lock off the repository.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = c.Data
	cmd.Env = append(os.Environ(), "RESTIC_REPOSITORY="+c.Repository, "RESTIC_PASSWORD_FILE="+c.PasswordFile, "RESTIC_PROGRESS_FPS=0.01")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		said := strings.Join(strings.Fields(complaint.String()), " ")
		if len(said) > 400 {
			said = "…" + strings.ToValidUTF8(said[len(said)-400:], "")
		}
		return out.Bytes(), fmt.Errorf("restic %s: %w: %s", args[0], err, said)
	}
	return out.Bytes(), nil
}
