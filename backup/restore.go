package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Wish is what to restore of a snapshot.
type Wish struct {
	Snapshot string // its ID, or "latest"
	Session  string // whose workspace; empty: everything of the server
	Path     string // in the workspace; empty: all of it
	// To is a folder that is not there yet, or empty. For a workspace it may be
	// left out: then what is restored goes into the workspace, in a folder of
	// its own.
	To string
}

// Restore brings back a file, a workspace or a whole server as it was, and
// returns where it put it.
func Restore(ctx context.Context, c Config, w Wish) (string, error) {
	if w.Session == "" && w.To == "" {
		return "", errors.New("restore: a whole server needs a folder to go to")
	}
	if w.Session != "" && !fs.ValidPath(w.Session) || strings.Contains(w.Session, "/") || w.Path != "" && !fs.ValidPath(w.Path) || strings.ContainsRune(w.Session+w.Path, 0) {
		return "", fmt.Errorf("%w: %q of session %q is no path", ErrNotFound, w.Path, w.Session)
	}
	s, err := find(ctx, c, w.Snapshot)
	if err != nil {
		return "", err
	}
	to, err := w.place(c, s)
	if err != nil {
		return "", err
	}
	// Whose workspace it is could lead a restic that works in it astray, by a
	// symbolic link.
	beside := c.Data
	if w.To != "" {
		beside = filepath.Dir(to)
	}
	scratch, err := os.MkdirTemp(beside, ".easel-restore-")
	if err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(scratch)
	args := []string{"restore", s.ID, "--target", scratch}
	from := scratch
	if w.Session != "" {
		inside := path.Join(workspaces, w.Session, w.Path)
		args = append(args, "--include", "/"+literal(inside))
		from = filepath.Join(scratch, filepath.FromSlash(inside))
	}
	if _, err := c.restic(ctx, args...); err != nil {
		return "", err
	}
	if _, err := os.Lstat(from); err != nil {
		return "", fmt.Errorf("%w: it has no %q of session %q", ErrNotFound, w.Path, w.Session)
	}
	switch {
	case w.Session == "":
		err = unstage(scratch)
	case w.Path == "" && w.To == "":
		err = os.RemoveAll(filepath.Join(from, ".easel")) // what is there has its own
	}
	if err != nil {
		return "", err
	}
	return to, settle(from, to)
}

// place is where what is restored goes.
func (w Wish) place(c Config, s Snapshot) (string, error) {
	to := w.To
	if to == "" {
		workspace := filepath.Join(c.Data, workspaces, w.Session)
		to = filepath.Join(workspace, "Restored "+s.Time.UTC().Format("2006-01-02 15.04.05"))
		if w.Path != "" {
			ext := path.Ext(w.Path)
			to = filepath.Join(workspace, strings.TrimSuffix(path.Base(w.Path), ext)+" (from "+s.Time.UTC().Format("2006-01-02 15.04.05")+")"+ext)
		}
	}
	to, err := filepath.Abs(to)
	if err != nil {
		return "", err
	}
	if names, err := os.ReadDir(to); err == nil && len(names) > 0 {
		return "", fmt.Errorf("restore: %w: %s", ErrThere, to)
	} else if _, e := os.Lstat(to); e == nil && err != nil {
		return "", fmt.Errorf("restore: %w: %s", ErrThere, to)
	}
	return to, nil
}

// settle gives what was restored its place, in one step. A folder belongs to
// whom it belonged to when the snapshot was taken.
func settle(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.IsDir() {
		if err := os.Remove(to); err != nil { // it is empty
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return fmt.Errorf("restore: %s: %w", to, err)
	}
	return nil
}

// unstage puts the copy of the accounts where a server looks for them.
func unstage(dir string) error {
	err := os.Rename(filepath.Join(dir, staging, accounts), filepath.Join(dir, accounts))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, staging)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	// Sessions run as another user, who goes through here to their workspaces.
	for _, d := range []string{dir, filepath.Join(dir, workspaces)} {
		if err := os.Chmod(d, 0o711); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// literal is a path as a pattern of restic's that means it alone.
func literal(p string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(p)
}
