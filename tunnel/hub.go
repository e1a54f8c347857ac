package tunnel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"
	"github.com/prometheus/client_golang/prometheus"
)

// HubConfig is what the server's end needs.
type HubConfig struct {
	// Verify says which room's agent holds a token; an error says why it is
	// nobody's.
	Verify  func(token string) (room string, err error)
	Log     *slog.Logger          // nil: silence
	Metrics prometheus.Registerer // nil: not exported
}

// Hub takes the agents' tunnels and opens streams through them.
type Hub struct {
	cfg      HubConfig
	upgrader websocket.Upgrader
	metrics  *metrics
	serving  sync.WaitGroup

	mu      sync.Mutex
	tunnels map[string]*yamux.Session // by room
	closing bool
}

// NewHub makes a hub without tunnels.
func NewHub(cfg HubConfig) (*Hub, error) {
	if cfg.Verify == nil {
		return nil, errors.New("tunnel: Verify is required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("tunnel: metrics: %w", err)
	}
	return &Hub{cfg: cfg, metrics: m, tunnels: make(map[string]*yamux.Session)}, nil
}

// ServeHTTP takes an agent's tunnel and keeps it until it breaks. Agents are
// programs: a request that names an origin is a page's and is refused by the
// upgrader.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	room, err := h.cfg.Verify(strings.TrimSpace(token))
	if err != nil {
		h.metrics.refused.Inc()
		h.cfg.Log.Info("tunnel refused", "from", r.RemoteAddr, "error", err)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if !h.begin() {
		http.Error(w, "the server is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer h.serving.Done()
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		return
	}
	session, err := yamux.Client(newSocket(ws), multiplex())
	if err != nil {
		h.cfg.Log.Error("tunnel not set up", "room", room, "error", err)
		ws.Close()
		return
	}
	h.keep(room, session)
}

// keep holds a tunnel until it breaks or another replaces it. An agent opens no
// streams: the first that one opens ends its tunnel.
func (h *Hub) keep(room string, session *yamux.Session) {
	defer session.Close()
	if !h.add(room, session) {
		return
	}
	h.cfg.Log.Info("tunnel up", "room", room)
	_, err := session.Accept()
	h.remove(room, session)
	h.cfg.Log.Info("tunnel down", "room", room, "error", err)
}

func (h *Hub) add(room string, session *yamux.Session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	if old := h.tunnels[room]; old != nil {
		go old.Close() // says goodbye over a connection that may hang
	}
	h.tunnels[room] = session
	h.metrics.tunnels.Set(float64(len(h.tunnels)))
	return true
}

func (h *Hub) remove(room string, session *yamux.Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tunnels[room] == session {
		delete(h.tunnels, room)
		h.metrics.tunnels.Set(float64(len(h.tunnels)))
	}
}

func (h *Hub) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	h.serving.Add(1)
	return true
}

// Open opens a stream to a service of a room's agent. The errors are
// ErrNoTunnel, ErrNoService, ErrBusy and those of the network.
func (h *Hub) Open(ctx context.Context, room, service string) (net.Conn, error) {
	h.mu.Lock()
	session := h.tunnels[room]
	h.mu.Unlock()
	if session == nil {
		return nil, ErrNoTunnel
	}
	if session.NumStreams() >= maxStreams {
		return nil, ErrBusy
	}
	stream, err := session.OpenStream()
	if err != nil {
		return nil, fmt.Errorf("tunnel: %s: %w", service, err)
	}
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	if err := ask(stream, service); err != nil {
		stream.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("tunnel: %s: %w", service, err)
	}
	h.metrics.streams.WithLabelValues(service).Inc()
	return stream, nil
}

// Connected says whether a room's agent has its tunnel up.
func (h *Hub) Connected(room string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tunnels[room] != nil
}

// Close ends every tunnel and waits until nothing of the hub runs any more.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closing = true
	open := h.tunnels
	h.tunnels = make(map[string]*yamux.Session)
	h.mu.Unlock()
	for _, session := range open {
		session.Close()
	}
	h.serving.Wait()
}
