package cloud

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// take does one step.
func (p *walk) take(ctx context.Context, s step) error {
	switch s.act {
	case upload:
		return p.upload(ctx, s)
	case download:
		return p.download(ctx, s)
	case compare:
		return p.compare(ctx, s)
	case dropLocal:
		if err := p.still(ctx, s); err != nil {
			return err
		}
		_, err := p.m.files.Delete(p.local(s.path))
		if errors.Is(err, workspace.ErrNotFound) {
			return errLater // deleted here too, just now
		}
		if err != nil {
			return err
		}
	case dropRemote:
		if err := p.still(ctx, s); err != nil {
			return err
		}
		if err := p.fs.Delete(ctx, s.path); err != nil {
			return err
		}
	case forget:
	}
	delete(p.m.base, s.path)
	return nil
}

// upload sends a file. Until it is whole the remote shows what it had.
func (p *walk) upload(ctx context.Context, s step) error {
	e, err := p.m.files.Stat(p.local(s.path))
	if errors.Is(err, workspace.ErrNotFound) {
		return errLater
	}
	if err != nil {
		return err
	}
	if age := p.m.now().Sub(e.Modified); age >= 0 && age < settled {
		return errLater
	}
	to := s.path
	if p.moves {
		to = path.Join(path.Dir(s.path), partial+rand.Text()+path.Ext(s.path))
	} else if err := p.still(ctx, s); err != nil {
		return err
	}
	err = p.fs.Upload(ctx, filepath.Join(p.m.root, p.r.Name), s.path, to, p.progress(nil))
	if err == nil && p.moves {
		if err = p.still(ctx, s); err == nil {
			err = p.fs.Move(ctx, to, s.path)
		}
	}
	if err != nil {
		if here, e := p.version(s.path); e == nil && here != s.local {
			err = errLater // that it changed meanwhile is why
		}
		if p.moves {
			p.sweep(ctx, to)
		}
		return err
	}
	f, is, err := p.fs.Stat(ctx, s.path)
	if err != nil || !is {
		return errors.Join(err, fmt.Errorf("%w took the file and does not have it", ErrRemote))
	}
	p.m.base[s.path] = known{s.local, f.Version()}
	if s.size != f.Size {
		p.m.base[s.path] = known{s.local, unlike} // somebody was quicker, or it lies: the next pass compares
	}
	return nil
}

// sweep removes what was uploaded in part. What can't be removed has a name that
// is never synced.
func (p *walk) sweep(ctx context.Context, part string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepWithin)
	defer cancel()
	_ = p.fs.Delete(ctx, part)
}

// fetch brings a file of the remote's to where nobody sees it. Unstage or Adopt
// what it returns.
func (p *walk) fetch(ctx context.Context, s step) (id, file string, err error) {
	usage, err := p.m.files.Usage()
	if err != nil {
		return "", "", err
	}
	room := int64(-1)
	if usage.Quota > 0 {
		if room = max(usage.Quota-usage.Bytes, 0); s.size > room {
			return "", "", fmt.Errorf("%w: %d bytes are free and this needs %d", workspace.ErrFull, room, s.size)
		}
	}
	id, file, err = p.m.files.Stage()
	if err != nil {
		return "", "", err
	}
	// A remote may say that a file is smaller than what it sends.
	fits := func() error {
		if info, err := os.Lstat(file); err == nil && room >= 0 && info.Size() > room {
			return fmt.Errorf("%w: it is larger than %w said", workspace.ErrFull, ErrRemote)
		}
		return nil
	}
	err = p.fs.Download(ctx, s.path, filepath.Dir(file), filepath.Base(file), p.progress(fits))
	if err == nil {
		err = fits()
	}
	if f, is, e := p.fs.Stat(ctx, s.path); e == nil && (!is || f.Version() != s.remote) {
		err = errLater
	} else if err == nil {
		err = e
	}
	if err != nil {
		p.m.files.Unstage(id)
		return "", "", err
	}
	return id, file, nil
}

// download brings a file.
func (p *walk) download(ctx context.Context, s step) error {
	id, _, err := p.fetch(ctx, s)
	if err != nil {
		return err
	}
	e, beside, err := p.m.files.Adopt(id, p.local(s.path), s.local)
	if err != nil {
		p.m.files.Unstage(id)
		return err
	}
	if beside != "" {
		p.conflict(beside)
	}
	p.m.base[s.path] = known{e.Version, s.remote}
	return nil
}

// compare deals with a file that is new or changed on both sides: the same on
// both is well; else the remote's comes beside, and the next pass uploads both.
func (p *walk) compare(ctx context.Context, s step) error {
	id, file, err := p.fetch(ctx, s)
	if err != nil {
		return err
	}
	defer p.m.files.Unstage(id)
	same, err := p.same(file, p.local(s.path))
	if here, e := p.version(s.path); e != nil || here != s.local {
		return errors.Join(errLater, e)
	}
	if err != nil {
		return err
	}
	if same {
		p.m.base[s.path] = known{s.local, s.remote}
		return nil
	}
	beside, err := p.m.files.AdoptBeside(id, p.local(p.twin(s.path)))
	if err != nil {
		return err
	}
	p.conflict(beside)
	p.m.base[s.path] = known{unlike, s.remote}
	return errLater
}

// twin is what the remote's version of a file is called.
func (p *walk) twin(at string) string {
	ext := path.Ext(at)
	if len(ext) > 16 {
		ext = ""
	}
	name := fmt.Sprintf("%s (from %s, %s)%s", strings.TrimSuffix(path.Base(at), ext), p.r.Name, p.m.now().UTC().Format("2006-01-02 15.04"), ext)
	if workspace.CheckName(name) != nil {
		name = "Conflict" + ext
	}
	return path.Join(path.Dir(at), name)
}

func (p *walk) conflict(at string) {
	p.m.tell(func(s *Status) {
		s.Conflicts = append(s.Conflicts, at)
		s.Conflicts = s.Conflicts[max(0, len(s.Conflicts)-maxConflicts):]
	})
}

// same compares a staged file with one of the workspace.
func (p *walk) same(staged, at string) (bool, error) {
	a, err := os.Open(staged)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, _, err := p.m.files.Open(at)
	if err != nil {
		return false, err
	}
	defer b.Close()
	const piece = 64 << 10
	one, two := make([]byte, piece), make([]byte, piece)
	for {
		n, err1 := io.ReadFull(a, one)
		k, err2 := io.ReadFull(b, two)
		if !bytes.Equal(one[:n], two[:k]) {
			return false, nil
		}
		ended1, ended2 := err1 == io.EOF || err1 == io.ErrUnexpectedEOF, err2 == io.EOF || err2 == io.ErrUnexpectedEOF
		switch {
		case ended1 && ended2:
			return true, nil
		case ended1 != ended2:
			return false, nil
		case err1 != nil || err2 != nil:
			return false, errors.Join(err1, err2)
		}
	}
}

// progress tells how far a copy is, and ends it when check does not like it.
func (p *walk) progress(check func() error) func(rclone.Progress) error {
	return func(now rclone.Progress) error {
		p.m.tell(func(s *Status) { s.Bytes, s.Speed = now.Bytes, int64(now.Speed) })
		if check == nil {
			return nil
		}
		return check()
	}
}
