package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/easel-live/easel/workspace/cloud/rclone"
)

var errEnded = errors.New("the session ends")

// running is rclone, started if it does not run.
func (s *Syncer) running(ctx context.Context) (*rclone.Daemon, error) {
	s.daemonMu.Lock()
	defer s.daemonMu.Unlock()
	if s.closed {
		return nil, errEnded
	}
	if s.daemon != nil && s.daemon.Running() {
		return s.daemon, nil
	}
	s.drop()
	d, err := rclone.Start(ctx, s.cfg.Log)
	if err != nil {
		return nil, err
	}
	s.daemon = d
	return d, nil
}

// lend is rclone for something besides the passes, until give is called.
func (s *Syncer) lend(ctx context.Context) (d *rclone.Daemon, give func(), err error) {
	d, err = s.running(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.daemonMu.Lock()
	defer s.daemonMu.Unlock()
	s.lent++
	return d, func() {
		s.daemonMu.Lock()
		defer s.daemonMu.Unlock()
		s.lent--
	}, nil
}

// ready is rclone, told of a remote.
func (s *Syncer) ready(ctx context.Context, r Remote) (*rclone.Daemon, error) {
	d, err := s.running(ctx)
	if err != nil {
		return nil, err
	}
	s.daemonMu.Lock()
	defer s.daemonMu.Unlock()
	if s.configured[r.ID] {
		return d, nil
	}
	if err := d.Configure(ctx, r.ID, r.Kind, r.Parameters); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRemote, err)
	}
	s.configured[r.ID] = true
	return d, nil
}

// rest stops rclone when there is nothing for it to do.
func (s *Syncer) rest() {
	s.mu.Lock()
	idle := len(s.mirrors) == 0
	s.mu.Unlock()
	if !idle {
		return
	}
	s.daemonMu.Lock()
	defer s.daemonMu.Unlock()
	if s.lent == 0 {
		s.drop()
	}
}

// end stops rclone for good.
func (s *Syncer) end() {
	s.daemonMu.Lock()
	defer s.daemonMu.Unlock()
	s.closed = true
	s.drop()
}

// drop stops rclone; the caller holds daemonMu.
func (s *Syncer) drop() {
	if s.daemon != nil {
		s.daemon.Stop()
		s.daemon = nil
	}
	clear(s.configured)
}
