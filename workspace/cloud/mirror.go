package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/easel-live/easel/workspace"
)

const (
	// maxFiles bounds the files of a remote.
	maxFiles = 20_000
	// settled is how long a file must have been left alone: GIMP exports write
	// in place.
	settled = 2 * time.Second
	// giveUp is how many files may fail one after the other: then it is the
	// remote that fails.
	giveUp = 3
	// saveEvery is how many steps may have to be found out again after a crash.
	saveEvery = 100
	// maxConflicts is how many conflict copies are told of.
	maxConflicts = 10
	// partial begins the names of what is being uploaded.
	partial = ".easel-part-"
	// sweepWithin bounds the removing of what was uploaded in part.
	sweepWithin = 5 * time.Second
)

// mirror is one remote and its folder. Passes come one at a time.
type mirror struct {
	files *workspace.Workspace
	root  string // the workspace's folder on this machine
	now   func() time.Time

	remote Remote // guarded by mu, as is status
	mu     sync.Mutex
	status Status

	base map[string]known // nil: not read yet; belongs to the pass
}

func newMirror(cfg Config, r Remote) *mirror {
	m := &mirror{files: cfg.Files, root: cfg.Dir, now: cfg.Now, remote: r}
	m.status = Status{ID: r.ID, State: Waiting, Conflicts: []string{}}
	return m
}

// tell changes the status.
func (m *mirror) tell(f func(*Status)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.status)
}

func (m *mirror) told() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Conflicts = append([]string{}, s.Conflicts...)
	return s
}

func (m *mirror) described() Remote {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remote
}

// here is the workspace's files of the mirror, and whether some have only just
// been written and are left for later.
func (m *mirror) here(name string) (map[string]side, int, bool, error) {
	found, skipped, err := m.files.Tree(name, maxFiles)
	if err != nil {
		return nil, 0, false, err
	}
	files, fresh := make(map[string]side, len(found)), false
	for _, f := range found {
		if age := m.now().Sub(f.Modified); age >= 0 && age < settled {
			fresh = true
		}
		files[f.Path] = side{f.Version, f.Size}
	}
	return files, skipped, fresh, nil
}

// there is the remote's files.
func there(ctx context.Context, fs store) (files map[string]side, skipped int, err error) {
	list, err := fs.List(ctx)
	if missing(err) {
		return map[string]side{}, 0, nil // it is made by the first upload
	}
	if err != nil {
		return nil, 0, err
	}
	if len(list) > maxFiles {
		return nil, 0, fmt.Errorf("%w has more than %d files here: choose a folder with fewer", ErrRemote, maxFiles)
	}
	files = make(map[string]side, len(list))
	for _, f := range list {
		switch {
		case f.IsDir || hidden(f.Path):
		case !nameable(f.Path):
			skipped++
		default:
			files[f.Path] = side{f.Version(), f.Size}
		}
	}
	return files, skipped, nil
}

func hidden(p string) bool { return p[:1] == "." || strings.Contains(p, "/.") }

// nameable says whether a path may be one of the workspace.
func nameable(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if workspace.CheckName(part) != nil {
			return false
		}
	}
	return path.Clean(p) == p
}

// recall reads what both sides last agreed on. What is damaged is like nothing:
// then all is compared.
func (m *mirror) recall(id string) error {
	if m.base != nil {
		return nil
	}
	raw, err := m.files.Noted(id)
	if err != nil {
		return err
	}
	m.base = make(map[string]known)
	if json.Unmarshal(raw, &m.base) != nil {
		m.base = make(map[string]known)
	}
	return nil
}

// remember writes what both sides agree on.
func (m *mirror) remember(id string) error {
	raw, err := json.Marshal(m.base)
	if err != nil {
		return err
	}
	return m.files.Note(id, raw)
}
