package signaling

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/webhook"
	"github.com/easel-live/easel/wire"
)

// Errors of a Server.
var (
	ErrConfig       = errors.New("signaling: bad configuration")
	errTooManyRooms = errors.New("too many rooms are open")
	errShutdown     = errors.New("the server is shutting down")
)

// Server takes LiveKit clients into rooms.
type Server struct {
	cfg      Config
	metrics  *metrics
	hooks    *webhook.Sender // nil: nobody is told
	upgrader websocket.Upgrader
	conns    sync.WaitGroup // HTTP requests that became WebSockets
	running  sync.WaitGroup // rooms

	mu      sync.Mutex
	rooms   map[string]*liveRoom
	closing bool
}

// NewServer makes a server without rooms; they open as people join.
func NewServer(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if len(cfg.Keys) == 0 || cfg.Engine == nil {
		return nil, fmt.Errorf("%w: keys and engine are required", ErrConfig)
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("signaling: metrics: %w", err)
	}
	hooks, err := newHooks(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &Server{
		cfg: cfg, metrics: m, hooks: hooks, rooms: make(map[string]*liveRoom),
		upgrader: websocket.Upgrader{
			// The token opens the room, and no cookie is looked at; which pages'
			// origins may try is decided before.
			CheckOrigin: func(*http.Request) bool { return true },
		},
	}, nil
}

// newHooks makes the webhooks' sender. Of several API keys it signs with the
// first by name.
func newHooks(cfg Config) (*webhook.Sender, error) {
	if len(cfg.Webhooks) == 0 {
		return nil, nil
	}
	key := slices.Min(slices.Collect(maps.Keys(cfg.Keys)))
	return webhook.New(webhook.Config{URLs: cfg.Webhooks, Key: key, Secret: cfg.Keys[key], Log: cfg.Log})
}

// Mount adds the LiveKit endpoints to mux.
func (s *Server) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /rtc", s.serveRTC(false))
	mux.HandleFunc("GET /rtc/v1", s.serveRTC(true))
	mux.HandleFunc("GET /rtc/validate", s.serveValidate(false))
	mux.HandleFunc("GET /rtc/v1/validate", s.serveValidate(true))
	mux.Handle("POST "+livekit.RoomServicePathPrefix, s.serveTwirp())
}

// open returns the room of that name, opening it if need be.
func (s *Server) open(name string) (*liveRoom, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, errShutdown
	}
	if r := s.rooms[name]; r != nil {
		return r, nil
	}
	if len(s.rooms) >= s.cfg.Limits.Rooms {
		return nil, errTooManyRooms
	}
	r := newRoom(s, name)
	s.rooms[name] = r
	s.metrics.rooms.Inc()
	s.running.Go(r.run)
	return r, nil
}

// find returns an open room, or nil.
func (s *Server) find(name string) *liveRoom {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[name]
}

func (s *Server) openRooms() []*liveRoom {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make([]*liveRoom, 0, len(s.rooms))
	for _, r := range s.rooms {
		open = append(open, r)
	}
	return open
}

// forget is told by a room that it closes: the next to join opens another.
func (s *Server) forget(r *liveRoom) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[r.name] == r {
		delete(s.rooms, r.name)
		s.metrics.rooms.Dec()
	}
}

// Notice tells everyone in a room something: a word for programs, a sentence
// for people. A room that is not open has nobody to tell.
func (s *Server) Notice(room, code, text string) {
	r := s.find(room)
	if r == nil {
		return
	}
	r.post(func() {
		packet := r.controlPacket(&wire.Control{Type: wire.ControlNotice, Code: code, Text: text})
		for _, p := range r.present {
			p.sendData(sfu.Reliable, packet)
		}
	})
}

// CloseRoom sends everyone in a room away for good, and waits until nothing of
// the room runs any more.
func (s *Server) CloseRoom(room string) {
	r := s.find(room)
	if r == nil {
		return
	}
	r.post(func() { r.close(livekit.DisconnectReason_ROOM_DELETED, livekit.LeaveRequest_DISCONNECT) })
	<-r.done
}

// Close ends every room, telling clients to try again later, and waits until
// nothing of the server runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	for _, r := range s.openRooms() {
		r.post(func() { r.close(livekit.DisconnectReason_SERVER_SHUTDOWN, livekit.LeaveRequest_RECONNECT) })
	}
	s.running.Wait()
	s.conns.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Times.Webhooks)
	defer cancel()
	s.hooks.Close(ctx)
}
