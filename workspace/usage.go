package workspace

import (
	"errors"
	"io/fs"
	"sync"
	"time"
)

// Usage is how much a workspace holds, the trash and what is being uploaded
// included.
type Usage struct {
	Bytes int64 `json:"bytes"`
	Files int   `json:"files"`
	Trash int64 `json:"trash"` // bytes of it that are in the trash
	Quota int64 `json:"quota"` // bytes; 0: no bound
}

// freshFor is how long a measurement is good for: GIMP writes without asking.
const freshFor = 2 * time.Second

// measure remembers the last measurement.
type measure struct {
	mu    sync.Mutex
	at    time.Time
	usage Usage
}

func (m *measure) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = time.Time{}
}

// Usage measures the workspace.
func (w *Workspace) Usage() (Usage, error) {
	m := &w.measured
	m.mu.Lock()
	defer m.mu.Unlock()
	now := w.cfg.Now()
	if age := now.Sub(m.at); !m.at.IsZero() && age >= 0 && age < freshFor {
		return m.usage, nil
	}
	u := Usage{Quota: w.cfg.Quota}
	var err error
	if u.Bytes, u.Files, err = w.sum("."); err != nil {
		return Usage{}, err
	}
	if u.Trash, _, err = w.sum(trashDir); err != nil && !errors.Is(err, ErrNotFound) {
		return Usage{}, err
	}
	m.at, m.usage = now, u
	return u, nil
}

// sum adds up the files below a path, following no links.
func (w *Workspace) sum(p string) (bytes int64, files int, err error) {
	err = fs.WalkDir(w.root.FS(), p, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			if at != p && errors.Is(err, fs.ErrNotExist) {
				return nil // it has just gone
			}
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		bytes += info.Size()
		files++
		return nil
	})
	return bytes, files, named(p, err)
}
