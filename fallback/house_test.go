package fallback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/fallback"
	"github.com/easel-live/easel/fallback/pipe"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/tunnel"
	"github.com/easel-live/easel/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

const (
	key1   = "key"
	secret = "a-secret-of-at-least-thirty-two-bytes"
)

// house is everything between a browser and an X server's RFB socket: rooms, the
// gateway, the tunnel and the agent's end.
type house struct {
	*testing.T
	x       *xserver
	gateway *fallback.Gateway
	hub     *tunnel.Hub
	rooms   *signaling.Server
	url     string
	metrics *prometheus.Registry
}

// visitors is cmd/easel's, without its name.
type visitors struct{ *signaling.Server }

func (v visitors) Verify(token string) error { return v.VerifyVisitor(token) }

func (v visitors) Enter(token string, viewer fallback.Viewer) (fallback.Stay, error) {
	visit, err := v.Visit(token, viewer)
	if err != nil {
		return nil, err
	}
	return visit, nil
}

func open(t *testing.T, dialect string, limits fallback.Limits) *house {
	t.Helper()
	h := &house{T: t, x: startX(t, dialect), metrics: prometheus.NewRegistry()}
	engine, err := sfu.NewEngine(sfu.Config{UDP: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	keys := token.Keys{key1: secret}
	if h.rooms, err = signaling.NewServer(signaling.Config{Keys: keys, Engine: engine}); err != nil {
		t.Fatal(err)
	}
	h.hub, err = tunnel.NewHub(tunnel.HubConfig{Verify: func(raw string) (string, error) {
		claims, err := keys.Verify(raw)
		if err != nil {
			return "", err
		}
		return claims.Room, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = fallback.New(fallback.Config{Rooms: visitors{h.rooms}, Tunnels: h.hub, Metrics: h.metrics, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.rooms.Mount(mux)
	mux.Handle("GET "+tunnel.Path, h.hub)
	mux.Handle("GET "+fallback.Path, h.gateway)
	server := httptest.NewServer(mux)
	h.url = "ws" + strings.TrimPrefix(server.URL, "http")
	ctx, stop := context.WithCancel(context.Background())
	agent := make(chan error, 1)
	go func() {
		agent <- tunnel.Run(ctx, tunnel.AgentConfig{
			URL: h.url, Token: h.token("agent", room.Agent), Services: map[string]tunnel.Service{pipe.Service: h.x.display().Serve},
		})
	}()
	t.Cleanup(func() {
		h.gateway.Close()
		stop()
		if err := <-agent; err != nil {
			t.Error(err)
		}
		h.rooms.Close()
		h.hub.Close()
		server.Close()
	})
	for !h.hub.Connected("studio") {
		time.Sleep(time.Millisecond)
	}
	return h
}

func (h *house) token(identity string, role room.Role) string {
	h.Helper()
	raw, err := token.Mint(key1, secret, token.Grant{Room: "studio", Identity: identity, Role: role, TTL: time.Hour})
	if err != nil {
		h.Fatal(err)
	}
	return raw
}

// metric is the sum of a counter or gauge over its labels but the one given.
func (h *house) metric(name, label string) (sum float64) {
	h.Helper()
	families, err := h.metrics.Gather()
	if err != nil {
		h.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// counts waits until a metric has reached a value: it tells of no change.
func (h *house) counts(name, label string, want float64) {
	h.Helper()
	for deadline := time.Now().Add(patience); h.metric(name, label) < want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("%s %s stays at %v, want %v", name, label, h.metric(name, label), want)
		}
	}
}

// client is an RFB client in a browser.
type client struct {
	h       *house
	ws      *websocket.Conn
	reading sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{}
	bytes   []byte // after the handshake
	words   []map[string]any
	end     error
}

// dial connects without a handshake.
func (h *house) dial(identity string, role room.Role, words bool) *client {
	h.Helper()
	dialer := websocket.Dialer{}
	if words {
		dialer.Subprotocols = []string{"easel.rfb"}
	}
	ws, response, err := dialer.Dial(h.url+fallback.Path+"?access_token="+h.token(identity, role), nil)
	if err != nil {
		h.Fatalf("%v, %v", err, response)
	}
	c := &client{h: h, ws: ws, changed: make(chan struct{})}
	h.Cleanup(c.close)
	return c
}

// enter connects and follows the handshake to where messages begin.
func (h *house) enter(identity string, role room.Role, words bool) *client {
	h.Helper()
	c := h.dial(identity, role, words)
	c.reading.Go(c.read)
	c.send([]byte("RFB 003.008\n"))
	c.send([]byte{1})
	c.send([]byte{0}) // would like to be alone
	c.until("ServerInit", func() bool { return bytes.Contains(c.bytes, []byte("Easel")) })
	return c
}

func (c *client) close() {
	c.ws.Close()
	c.reading.Wait()
}

func (c *client) send(b []byte) {
	c.h.Helper()
	if err := c.ws.WriteMessage(websocket.BinaryMessage, b); err != nil {
		c.h.Fatal(err)
	}
}

func (c *client) say(topic string, v any) {
	c.h.Helper()
	payload, err := json.Marshal(v)
	if err != nil {
		c.h.Fatal(err)
	}
	if err := c.ws.WriteJSON(map[string]any{"type": "data", "topic": topic, "payload": payload}); err != nil {
		c.h.Fatal(err)
	}
}

func (c *client) read() {
	for {
		kind, b, err := c.ws.ReadMessage()
		c.note(func() {
			switch {
			case err != nil:
				c.end = err
			case kind == websocket.TextMessage:
				var word map[string]any
				if err := json.Unmarshal(b, &word); err != nil {
					c.h.Errorf("word %s: %v", b, err)
				}
				c.words = append(c.words, word)
			default:
				c.bytes = append(c.bytes, b...)
			}
		})
		if err != nil {
			return
		}
	}
}

func (c *client) note(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *client) until(what string, cond func() bool) {
	c.h.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		ok, changed := cond(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.h.Fatalf("%s: not so after %v; %d bytes, words %v, end %v", what, patience, len(c.bytes), c.words, c.end)
		}
	}
}

// lease is the lease as this client last heard of it.
func (c *client) lease() (l wire.Lease) {
	for _, word := range c.words {
		if word["type"] != "state" {
			continue
		}
		var metadata struct{ Lease wire.Lease }
		if err := json.Unmarshal([]byte(word["metadata"].(string)), &metadata); err == nil {
			l = metadata.Lease
		}
	}
	return l
}

func (c *client) untilEnd(want string) {
	c.h.Helper()
	c.until("cut off: "+want, func() bool { return c.end != nil })
	if c.end != nil && !strings.Contains(c.end.Error(), want) {
		c.h.Errorf("ended by %q, want %q", c.end, want)
	}
}

func (p pointer) String() string { return fmt.Sprintf("%d:%x@%d,%d", p.client, p.buttons, p.x, p.y) }
