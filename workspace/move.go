package workspace

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Mkdir makes a folder in one that is there.
func (w *Workspace) Mkdir(p string) (Entry, error) {
	p, err := fresh(p)
	if err != nil {
		return Entry{}, err
	}
	if err := w.fenced(); err != nil {
		return Entry{}, err
	}
	if err := w.root.Mkdir(p, dirMode); err != nil {
		return Entry{}, named(p, err)
	}
	return w.entry(p)
}

// Move renames a file or folder, or puts it into another folder, under a name
// that is free.
func (w *Workspace) Move(from, to string) (Entry, error) {
	from, err := within(from)
	if err != nil {
		return Entry{}, err
	}
	if to, err = fresh(to); err != nil {
		return Entry{}, err
	}
	if from == "." {
		return Entry{}, fmt.Errorf("%w: the workspace stays where it is", ErrKind)
	}
	if strings.HasPrefix(to, from+"/") {
		return Entry{}, fmt.Errorf("%q: %w: a folder can't go into itself", escape(from), ErrKind)
	}
	if err := w.rename(from, to); err != nil {
		return Entry{}, err
	}
	return w.entry(to)
}

// rename renames without replacing anything.
func (w *Workspace) rename(from, to string) error {
	if err := w.fenced(); err != nil {
		return err
	}
	source, err := w.openDir(path.Dir(from))
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := w.openDir(path.Dir(to))
	if err != nil {
		return err
	}
	defer target.Close()
	err = unix.Renameat2(int(source.Fd()), path.Base(from), int(target.Fd()), path.Base(to), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		// This file system can't do it in one step: look, then do it.
		if _, err := w.root.Lstat(to); err == nil {
			return named(to, unix.EEXIST)
		}
		err = unix.Renameat(int(source.Fd()), path.Base(from), int(target.Fd()), path.Base(to))
	}
	switch {
	case errors.Is(err, unix.EEXIST):
		return named(to, err)
	case err != nil:
		return named(from, err)
	}
	return target.Sync()
}

// settle renames to a free name like the wished one and returns it.
func (w *Workspace) settle(from, to string) (string, error) {
	const tries = 1000
	dir, name := path.Split(to)
	for n := 1; ; n++ {
		free := dir + numbered(name, n)
		err := w.rename(from, free)
		if err == nil || n == tries || !errors.Is(err, ErrExists) {
			return free, err
		}
	}
}
