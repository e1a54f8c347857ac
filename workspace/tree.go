package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Found is a file of a Tree.
type Found struct {
	Path     string // relative to the tree's folder
	Size     int64  // bytes
	Modified time.Time
	Version  string // changes with the content, as Entry's does
}

// Tree is every file below a folder, at most that many: more is ErrKind. Links,
// and what could not be named so by people, are left out and counted. A folder
// that is not there has no files.
func (w *Workspace) Tree(folder string, most int) (files []Found, skipped int, err error) {
	top, err := within(folder)
	if err != nil {
		return nil, 0, err
	}
	err = fs.WalkDir(w.root.FS(), top, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && errors.Is(err, fs.ErrNotExist):
			return nil // it has just gone, or never was
		case err != nil:
			return named(at, err)
		case at == top:
			return nil
		case d.Name()[0] == '.' && d.IsDir():
			return fs.SkipDir
		case d.Name()[0] == '.', d.IsDir() && CheckName(d.Name()) == nil:
			return nil
		case CheckName(d.Name()) != nil:
			skipped++
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			skipped++
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // it has just gone
		}
		if len(files) == most {
			return fmt.Errorf("%q: %w: it has more than %d files", folder, ErrKind, most)
		}
		e := entryOf(d.Name(), info)
		files = append(files, Found{strings.TrimPrefix(at, top+"/"), e.Size, e.Modified, e.Version})
		return nil
	})
	return files, skipped, err
}

// Stage is where a program may write a file before Adopt, on this machine. Who
// does not call Adopt calls Unstage.
func (w *Workspace) Stage() (id, file string, err error) {
	if err := w.root.MkdirAll(stagedDir, dirMode); err != nil {
		return "", "", named(stagedDir, err)
	}
	id = newID()
	return id, filepath.Join(w.cfg.Dir, stagedDir, id), nil
}

// Unstage removes what was staged and is of no use.
func (w *Workspace) Unstage(id string) {
	if validID(id) {
		w.discard(path.Join(stagedDir, id))
	}
}

// Adopt gives what was staged its place, making folders for it. version is that
// of what it replaces, empty for nothing: what is there and is something else
// was changed meanwhile and is not lost, but moves to a name beside, which is
// returned.
func (w *Workspace) Adopt(id, p, version string) (e Entry, beside string, err error) {
	p, err = fresh(p)
	if err != nil {
		return Entry{}, "", err
	}
	if !validID(id) {
		return Entry{}, "", fmt.Errorf("%w: nothing was staged as %q", ErrNotFound, id)
	}
	staged := path.Join(stagedDir, id)
	if err := w.settleContent(staged, p); err != nil {
		return Entry{}, "", err
	}
	w.measured.forget()
	err = w.rename(staged, p)
	if errors.Is(err, ErrExists) {
		beside, err = w.exchange(staged, p, version)
	}
	if err != nil {
		return Entry{}, "", err
	}
	e, err = w.entry(p)
	return e, escape(beside), err
}

// settleContent makes what was staged last, and a folder for it.
func (w *Workspace) settleContent(staged, p string) error {
	f, err := w.root.OpenFile(staged, unix.O_RDWR, 0)
	if err != nil {
		return named(p, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return named(p, err)
	}
	return named(p, w.root.MkdirAll(path.Dir(p), dirMode))
}

// exchange swaps what was staged with what is in its place, in one step, and
// then looks at what it took away.
func (w *Workspace) exchange(staged, p, version string) (beside string, err error) {
	if err := w.fenced(); err != nil {
		return "", err
	}
	from, err := w.openDir(path.Dir(staged))
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := w.openDir(path.Dir(p))
	if err != nil {
		return "", err
	}
	defer to.Close()
	if err := unix.Renameat2(int(from.Fd()), path.Base(staged), int(to.Fd()), path.Base(p), unix.RENAME_EXCHANGE); err != nil {
		return "", named(p, err)
	}
	if err := to.Sync(); err != nil {
		return "", named(p, err)
	}
	if e, err := w.entry(staged); err == nil && e.Kind == File && e.Version == version {
		w.discard(staged)
		return "", nil
	}
	return w.settle(staged, p)
}

// AdoptBeside gives what was staged a name that is free, like the wished one.
func (w *Workspace) AdoptBeside(id, wish string) (string, error) {
	p, err := fresh(wish)
	if err != nil {
		return "", err
	}
	if !validID(id) {
		return "", fmt.Errorf("%w: nothing was staged as %q", ErrNotFound, id)
	}
	staged := path.Join(stagedDir, id)
	if err := w.settleContent(staged, p); err != nil {
		return "", err
	}
	w.measured.forget()
	p, err = w.settle(staged, p)
	return escape(p), err
}

const (
	stagedDir = private + "/staged"
	noteDir   = private + "/notes"
	// maxNote bounds what is remembered about one thing, in bytes.
	maxNote = 16 << 20
)

// Note remembers something about the workspace, under an ID; Noted is what was
// remembered last, nil for nothing.
func (w *Workspace) Note(id string, content []byte) error {
	if !validID(id) {
		return fmt.Errorf("%w: %q", ErrName, id)
	}
	if err := w.root.MkdirAll(noteDir, dirMode); err != nil {
		return named(noteDir, err)
	}
	return named(noteDir, w.replace(path.Join(noteDir, id), content))
}

// Noted is what Note was given last under an ID, nil for nothing.
func (w *Workspace) Noted(id string) ([]byte, error) {
	if !validID(id) {
		return nil, fmt.Errorf("%w: %q", ErrName, id)
	}
	f, err := w.root.OpenFile(path.Join(noteDir, id), unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, named(noteDir, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxNote+1))
	if err == nil && len(content) > maxNote {
		err = ErrKind
	}
	return content, named(noteDir, err)
}
