package main

import (
	"fmt"
	"log/slog"

	"github.com/easel-live/easel/fallback"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/tunnel"
	"github.com/easel-live/easel/vitals"
	files "github.com/easel-live/easel/workspace/remote"
)

// openFallback makes what goes through the agents' tunnels: the way to the
// canvas that needs no media, and the sessions' files.
func (s *server) openFallback(cfg config, log *slog.Logger) error {
	keys := token.Keys{cfg.keys.Key: cfg.keys.Secret}
	var err error
	s.tunnels, err = tunnel.NewHub(tunnel.HubConfig{
		Verify: func(raw string) (string, error) {
			claims, err := keys.Verify(raw)
			if err == nil && claims.Role != room.Agent {
				err = fmt.Errorf("%w: only agents have tunnels", token.ErrForbidden)
			}
			if err != nil {
				return "", err
			}
			return claims.Room, nil
		},
		Log: log, Metrics: s.metrics,
	})
	if err != nil {
		return err
	}
	s.files = files.NewClient(s.tunnels)
	if err := s.metrics.Register(vitals.NewCollector(s.tunnels, s.running)); err != nil {
		return err
	}
	s.gateway, err = fallback.New(fallback.Config{
		Rooms: visitors{s.signaling}, Tunnels: s.tunnels, Log: log, Metrics: s.metrics,
	})
	return err
}

// running are the sessions whose agent should answer.
func (s *server) running() []vitals.Session {
	var found []vitals.Session
	for _, one := range s.sessions.List() {
		if one.State == session.Ready {
			found = append(found, vitals.Session{ID: one.ID, Room: one.Room})
		}
	}
	return found
}

// visitors lets the gateway's viewers into the rooms of signaling.
type visitors struct{ rooms *signaling.Server }

var _ fallback.Rooms = visitors{}

// Verify implements fallback.Rooms.
func (v visitors) Verify(token string) error { return v.rooms.VerifyVisitor(token) }

// Enter implements fallback.Rooms.
func (v visitors) Enter(token string, viewer fallback.Viewer) (fallback.Stay, error) {
	visit, err := v.rooms.Visit(token, viewer)
	if err != nil {
		return nil, err
	}
	return visit, nil
}
