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
	// Viewers is how many may be connected at once. Default 1,000. Who has not
	// said yet how to be served makes room for whoever comes, the oldest first.
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
	open    map[*websocket.Conn]*place
	closing bool
}

// place is a client's among the viewers.
type place struct {
	since time.Time
	taken bool // the client has said how to be served, and is in the room
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
		cfg: cfg, metrics: m, open: make(map[*websocket.Conn]*place),
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

// admit gives a client a place. When all are given, that of the oldest half-open
// connection: a thousand of them keep nobody out.
func (g *Gateway) admit(ws *websocket.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return false
	}
	if len(g.open) >= g.cfg.Limits.Viewers {
		oldest := g.halfOpen()
		if oldest == nil {
			return false
		}
		delete(g.open, oldest)
		g.metrics.refused.WithLabelValues("half-open").Inc()
		oldest.Close()
	}
	g.open[ws] = &place{since: time.Now()}
	g.metrics.connections.Set(float64(len(g.open)))
	return true
}

// halfOpen is the oldest connection whose client has said nothing yet; nil: none.
func (g *Gateway) halfOpen() (oldest *websocket.Conn) {
	for ws, p := range g.open {
		if !p.taken && (oldest == nil || p.since.Before(g.open[oldest].since)) {
			oldest = ws
		}
	}
	return oldest
}

// seat makes a client's place its own.
func (g *Gateway) seat(ws *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.open[ws]; p != nil {
		p.taken = true
	}
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
