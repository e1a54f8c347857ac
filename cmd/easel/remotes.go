package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/account/vault"
	"github.com/easel-live/easel/session"
)

// openRemotes keeps the storage that people connect, and the agents told of it,
// until the server closes.
func (s *server) openRemotes(cfg config, log *slog.Logger) error {
	sealed, err := vault.New(cfg.secrets, s.store)
	if err != nil {
		return err
	}
	s.remotes = remotes.NewService(remotes.Config{Store: s.store, Vault: sealed, Places: s.places, Now: time.Now, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	s.unsync = cancel
	s.syncing.Go(func() { s.remotes.Run(ctx) })
	return nil
}

// places are the sessions that are ready.
func (s *server) places() (ready []remotes.Place) {
	for _, one := range s.sessions.List() {
		if one.State == session.Ready {
			ready = append(ready, remotes.Place{ID: one.ID, Owner: one.Owner, Agent: s.files.Of(one.Room)})
		}
	}
	return ready
}
