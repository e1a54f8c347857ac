package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// errLater says that a file changed while something was to be done about it.
var errLater = errors.New("it changes: later")

// store is a remote's folder: rclone.FS.
type store interface {
	List(ctx context.Context) ([]rclone.File, error)
	Stat(ctx context.Context, path string) (rclone.File, bool, error)
	Moves(ctx context.Context) (bool, error)
	Delete(ctx context.Context, path string) error
	Move(ctx context.Context, from, to string) error
	Upload(ctx context.Context, dir, from, to string, progress func(rclone.Progress) error) error
	Download(ctx context.Context, from, dir, to string, progress func(rclone.Progress) error) error
}

// pass makes both sides agree. again says that something is left, which can be
// done soon.
func (m *mirror) pass(ctx context.Context, fs store) (again bool, err error) {
	r := m.described()
	if err := m.recall(r.ID); err != nil {
		return false, err
	}
	local, skippedHere, fresh, err := m.here(r.Name)
	if err != nil {
		return false, err
	}
	remote, skippedThere, err := there(ctx, fs)
	if err != nil {
		return false, fmt.Errorf("%w does not answer as it should: %w", ErrRemote, err)
	}
	moves, err := fs.Moves(ctx)
	if err != nil {
		return false, fmt.Errorf("%w does not answer as it should: %w", ErrRemote, err)
	}
	steps, rescued := plan(m.base, local, remote)
	m.tell(func(s *Status) {
		s.Skipped, s.Rescued, s.Of, s.Done = skippedHere+skippedThere, rescued, len(steps), 0
		s.Files = len(local)
	})
	defer func() { err = errors.Join(err, m.remember(r.ID)) }()
	p := walk{m: m, fs: fs, r: r, moves: moves}
	again, err = p.all(ctx, steps)
	return again || fresh, err
}

// walk does the steps of a pass.
type walk struct {
	m     *mirror
	fs    store
	r     Remote
	moves bool
}

// all does the steps. What fails is left for the next pass, and the first
// failure is the pass's.
func (p *walk) all(ctx context.Context, steps []step) (again bool, err error) {
	var first error
	failures, row := 0, 0
	for i, s := range steps {
		p.m.tell(func(t *Status) { t.Done, t.Current, t.Size, t.Bytes, t.Speed = i, s.path, s.size, 0, 0 })
		err := p.take(ctx, s)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case errors.Is(err, errLater):
			again = true
		case err != nil:
			if failures++; first == nil {
				first = fmt.Errorf("%s: %w", s.path, err)
			}
			if row++; row == giveUp {
				return false, first
			}
			continue
		}
		row = 0
		if i%saveEvery == saveEvery-1 {
			if err := p.m.remember(p.r.ID); err != nil {
				return false, err
			}
		}
	}
	p.m.tell(func(t *Status) { t.Done, t.Current, t.Bytes, t.Size, t.Speed = len(steps), "", 0, 0, 0 })
	if failures > 1 {
		first = fmt.Errorf("%w, and %d files more", first, failures-1)
	}
	return again, first
}

// missing says whether an error of rclone's is that something is not there.
func missing(err error) bool {
	var e *rclone.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// version is that of a file of the workspace, empty if there is none.
func (p *walk) version(path string) (string, error) {
	e, err := p.m.files.Stat(p.local(path))
	if errors.Is(err, workspace.ErrNotFound) {
		return "", nil
	}
	return e.Version, err
}

func (p *walk) local(path string) string { return p.r.Name + "/" + path }

// still says whether both sides are as they were when a step was decided on.
// The remote's is asked first: its answer takes long enough for somebody to save
// here.
func (p *walk) still(ctx context.Context, s step) error {
	f, is, err := p.fs.Stat(ctx, s.path)
	if err != nil {
		return err
	}
	there := ""
	if is {
		there = f.Version()
	}
	here, err := p.version(s.path)
	if err != nil {
		return err
	}
	if here != s.local || there != s.remote {
		return errLater
	}
	return nil
}
