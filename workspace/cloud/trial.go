package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// Providers are the kinds of storage there are.
func (s *Syncer) Providers(ctx context.Context) ([]rclone.Provider, error) {
	d, give, err := s.lend(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	return d.Providers(ctx)
}

// Test says what is wrong with a remote: whether it can be reached, listed and
// written to.
func (s *Syncer) Test(ctx context.Context, r Remote) error {
	if err := r.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	d, give, err := s.lend(ctx)
	if err != nil {
		return err
	}
	defer give()
	name := "trial" + strings.ToLower(rand.Text())
	err = d.Configure(ctx, name, r.Kind, r.Parameters)
	if err == nil {
		// One that is gone has forgotten.
		defer func() { _ = d.Forget(context.WithoutCancel(ctx), name) }()
		err = s.try(ctx, d.FS(name, r.Path))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%w did not answer within %v", ErrRemote, testWithin)
	default:
		return fmt.Errorf("%w: %w", ErrRemote, err)
	}
}

// try does with a remote what syncing will.
func (s *Syncer) try(ctx context.Context, fs rclone.FS) error {
	if err := fs.Mkdir(ctx); err != nil {
		return err
	}
	if _, err := fs.List(ctx); err != nil {
		return err
	}
	id, file, err := s.cfg.Files.Stage()
	if err != nil {
		return err
	}
	defer s.cfg.Files.Unstage(id)
	if err := os.WriteFile(file, []byte("Easel tried whether it may write here. This can be deleted.\n"), 0o600); err != nil {
		return err
	}
	trial := partial + "trial.txt"
	if err := fs.Upload(ctx, filepath.Dir(file), id, trial, func(rclone.Progress) error { return nil }); err != nil {
		return fmt.Errorf("it takes no files: %w", err)
	}
	return fs.Delete(ctx, trial)
}
