package fallback

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

// Path is where a server takes RFB clients.
const Path = "/rfb"

// Subprotocols: Easel's own, and the one that older RFB clients ask for.
const (
	wordsProtocol  = "easel.rfb"
	binaryProtocol = "binary"
)

// Config is what a Gateway needs. Rooms and Tunnels are required.
type Config struct {
	Rooms   Rooms
	Tunnels Tunnels
	Log     *slog.Logger          // nil: silence
	Metrics prometheus.Registerer // nil: not exported
	Limits  Limits                // zero fields take their defaults
}

// Limits bound what clients can make the gateway hold or wait for.
type Limits struct {
	// Viewers is how many may be connected at once. Default 1,000.
	Viewers int
	// Handshake is how long a client may take to say how it wants to be
	// served. Default 10 s.
	Handshake time.Duration
	// Write is how long a client may leave its picture unread before it is cut
	// off. Default 10 s.
	Write time.Duration
	// Silence is how long a client may be silent, pongs included. Default 45 s.
	Silence time.Duration
	// Release is how long the X server may take to let go of what a viewer
	// pressed before that viewer is cut off. Default 2 s.
	Release time.Duration
	// BytesPerSecond is what a client may send in the long run, with a burst
	// that holds a picture on the clipboard; a faster one waits. Default 2 MiB.
	BytesPerSecond int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Viewers:        or(l.Viewers, 1000),
		Handshake:      or(l.Handshake, 10*time.Second),
		Write:          or(l.Write, 10*time.Second),
		Silence:        or(l.Silence, 45*time.Second),
		Release:        or(l.Release, 2*time.Second),
		BytesPerSecond: or(l.BytesPerSecond, 2<<20),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Gateway serves RFB clients.
type Gateway struct {
	cfg      Config
	upgrader websocket.Upgrader
	metrics  *metrics
	serving  sync.WaitGroup

	mu      sync.Mutex
	open    map[*websocket.Conn]struct{}
	closing bool
}

// New makes a gateway without viewers.
func New(cfg Config) (*Gateway, error) {
	if cfg.Rooms == nil || cfg.Tunnels == nil {
		return nil, errors.New("fallback: Rooms and Tunnels are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("fallback: metrics: %w", err)
	}
	return &Gateway{
		cfg: cfg, metrics: m, open: make(map[*websocket.Conn]struct{}),
		upgrader: websocket.Upgrader{
			Subprotocols: []string{wordsProtocol, binaryProtocol},
			// The token opens the room, and no cookie is looked at; which pages'
			// origins may try is decided before.
			CheckOrigin: func(*http.Request) bool { return true },
		},
	}, nil
}

// ServeHTTP serves one RFB client to its end. The token comes where LiveKit
// clients put theirs: in the Authorization header, or in access_token for
// browsers, whose WebSockets send no headers.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = r.URL.Query().Get("access_token")
	}
	token = strings.TrimSpace(token)
	if err := g.cfg.Rooms.Verify(token); err != nil {
		g.metrics.refused.WithLabelValues("token").Inc()
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if !g.begin() {
		http.Error(w, "the server is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer g.serving.Done()
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		g.metrics.refused.WithLabelValues("upgrade").Inc()
		return
	}
	defer ws.Close()
	if !g.admit(ws) {
		g.metrics.refused.WithLabelValues("full").Inc()
		farewell(ws, websocket.CloseTryAgainLater, "too many viewers")
		return
	}
	defer g.forget(ws)
	reason, err := g.serve(r.Context(), ws, token)
	g.metrics.ended.WithLabelValues(reason).Inc()
	if err != nil {
		g.cfg.Log.Info("RFB client cut off", "from", r.RemoteAddr, "reason", reason, "error", err)
		farewell(ws, websocket.ClosePolicyViolation, err.Error())
	}
}

func (g *Gateway) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return false
	}
	g.serving.Add(1)
	return true
}

func (g *Gateway) admit(ws *websocket.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing || len(g.open) >= g.cfg.Limits.Viewers {
		return false
	}
	g.open[ws] = struct{}{}
	g.metrics.connections.Set(float64(len(g.open)))
	return true
}

func (g *Gateway) forget(ws *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, ws)
	g.metrics.connections.Set(float64(len(g.open)))
}

// Close cuts every client off and waits until nothing of the gateway runs any
// more.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.closing = true
	for ws := range g.open {
		ws.Close()
	}
	g.mu.Unlock()
	g.serving.Wait()
}

// farewell says why, in the 123 bytes that a close message has for it (RFC
// 6455, section 5.5).
func farewell(ws *websocket.Conn, code int, reason string) {
	bye := websocket.FormatCloseMessage(code, reason[:min(len(reason), 123)])
	_ = ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
}
