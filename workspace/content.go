package workspace

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// Open opens a file for reading. It never waits, as opening a named pipe would.
func (w *Workspace) Open(p string) (*os.File, Entry, error) {
	p, err := within(p)
	if err != nil {
		return nil, Entry{}, err
	}
	f, err := w.root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Entry{}, named(p, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: it is no file", ErrKind)
	}
	if err != nil {
		f.Close()
		return nil, Entry{}, named(p, err)
	}
	return f, entryOf(path.Base(p), info), nil
}

// Locate is where a file is on this machine, for programs beside us.
func (w *Workspace) Locate(p string) (string, error) {
	f, _, err := w.Open(p)
	if err != nil {
		return "", err
	}
	f.Close()
	if p, err = within(p); err != nil {
		return "", err
	}
	return filepath.Join(w.cfg.Dir, p), nil
}

// Write makes or replaces a file: a reader finds the old content or the new
// one, even after a crash. It fails, and changes nothing, when content does.
func (w *Workspace) Write(p string, content io.Reader) (Entry, error) {
	p, err := fresh(p)
	if err != nil {
		return Entry{}, err
	}
	if info, err := w.root.Lstat(p); err == nil && !info.Mode().IsRegular() {
		return Entry{}, fmt.Errorf("%q: %w: it is no file", escape(p), ErrKind)
	}
	staged, err := w.stage(newID(), content)
	if err != nil {
		return Entry{}, named(p, err)
	}
	if err := w.fenced(); err != nil {
		w.discard(staged)
		return Entry{}, err
	}
	if err := w.root.Rename(staged, p); err != nil {
		w.discard(staged)
		return Entry{}, named(p, err)
	}
	w.measured.forget()
	if err := w.syncDir(path.Dir(p)); err != nil {
		return Entry{}, named(p, err)
	}
	return w.entry(p)
}

// stage writes content to disk where no path reaches it, within the quota.
func (w *Workspace) stage(id string, content io.Reader) (string, error) {
	if err := w.root.MkdirAll(stagedDir, dirMode); err != nil {
		return "", err
	}
	usage, err := w.Usage()
	if err != nil {
		return "", err
	}
	name := stagedDir + "/" + id
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", err
	}
	if usage.Quota > 0 {
		content = &metered{content, usage.Quota - usage.Bytes}
	}
	_, err = io.Copy(f, content)
	for _, step := range []func() error{f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err != nil {
		w.discard(name)
		return "", err
	}
	return name, nil
}

// metered reads no more than what there is room for.
type metered struct {
	from io.Reader
	left int64
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.from.Read(b)
	if m.left -= int64(n); m.left < 0 {
		return 0, ErrFull
	}
	return n, err
}

// discard removes what is of no use; what can't be removed is swept later.
func (w *Workspace) discard(p string) { _ = w.root.RemoveAll(p) }

// syncDir makes the names of a folder last.
func (w *Workspace) syncDir(p string) error {
	dir, err := w.root.Open(p)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// replace writes a small file of our own.
func (w *Workspace) replace(p string, content []byte) error {
	if err := w.fenced(); err != nil {
		return err
	}
	tmp := p + "-" + newID()
	f, err := w.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	for _, step := range []func() error{f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = w.root.Rename(tmp, p)
	}
	if err != nil {
		w.discard(tmp)
	}
	return err
}

// readSmall reads a file of our own, whatever became of it.
func (w *Workspace) readSmall(p string) ([]byte, error) {
	const limit = 64 << 10
	f, err := w.root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
