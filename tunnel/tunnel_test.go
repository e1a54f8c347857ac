package tunnel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/tunnel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// house is a hub behind HTTP whose tokens are "agent of " and the room.
type house struct {
	*testing.T
	hub *tunnel.Hub
	url string
}

func open(t *testing.T) *house {
	t.Helper()
	hub, err := tunnel.NewHub(tunnel.HubConfig{Verify: func(token string) (string, error) {
		room, ok := strings.CutPrefix(token, "agent of ")
		if !ok {
			return "", errors.New("not an agent's token")
		}
		return room, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+tunnel.Path, hub)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		hub.Close()
		server.Close()
	})
	return &house{T: t, hub: hub, url: "ws" + strings.TrimPrefix(server.URL, "http")}
}

// agent runs an agent's end until the test ends or stop is called.
func (h *house) agent(room string, services map[string]tunnel.Service) (stop func()) {
	h.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- tunnel.Run(ctx, tunnel.AgentConfig{URL: h.url, Token: "agent of " + room, Services: services})
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			h.Errorf("agent: %v", err)
		}
	}
	h.Cleanup(stop)
	h.until("the tunnel is up", func() bool { return h.hub.Connected(room) })
	return stop
}

func (h *house) until(what string, cond func() bool) {
	h.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

func (h *house) open(room, service string) net.Conn {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	stream, err := h.hub.Open(ctx, room, service)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { stream.Close() })
	return stream
}

func echo(_ context.Context, stream net.Conn) { _, _ = io.Copy(stream, stream) }

func TestStreamsReachTheirService(t *testing.T) {
	h := open(t)
	h.agent("studio", map[string]tunnel.Service{"echo": echo, "word": func(_ context.Context, s net.Conn) {
		_, _ = s.Write([]byte("hello"))
	}})
	word, err := io.ReadAll(h.open("studio", "word"))
	if err != nil || string(word) != "hello" {
		t.Errorf("word: %q, %v", word, err)
	}
	stream := h.open("studio", "echo")
	sent := bytes.Repeat([]byte("canvas "), 100_000) // more than a window
	go func() { _, _ = stream.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(stream, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("echo differs, %v", err)
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	h := open(t)
	if _, err := h.hub.Open(t.Context(), "studio", "rfb"); !errors.Is(err, tunnel.ErrNoTunnel) {
		t.Errorf("without an agent: %v", err)
	}
	h.agent("studio", nil)
	if _, err := h.hub.Open(t.Context(), "studio", "rfb"); !errors.Is(err, tunnel.ErrNoService) {
		t.Errorf("without the service: %v", err)
	}
	if _, err := h.hub.Open(t.Context(), "studio", strings.Repeat("x", 65)); !errors.Is(err, tunnel.ErrProtocol) {
		t.Errorf("a long name: %v", err)
	}
	if _, err := h.hub.Open(t.Context(), "other", "rfb"); !errors.Is(err, tunnel.ErrNoTunnel) {
		t.Errorf("another room's: %v", err)
	}
}

func TestOnlyAgentsGetATunnel(t *testing.T) {
	h := open(t)
	err := tunnel.Run(t.Context(), tunnel.AgentConfig{URL: h.url, Token: "owner of studio"})
	if !errors.Is(err, tunnel.ErrRefused) {
		t.Errorf("a person's token: %v", err)
	}
	_, response, err := websocket.DefaultDialer.Dial(h.url+tunnel.Path, http.Header{
		"Authorization": {"Bearer agent of studio"}, "Origin": {"https://elsewhere.example"},
	})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another origin: %v", err)
	}
}

func TestAStalledStreamStopsNoOther(t *testing.T) {
	h := open(t)
	h.agent("studio", map[string]tunnel.Service{
		"echo":  echo,
		"stall": func(ctx context.Context, _ net.Conn) { <-ctx.Done() },
	})
	stalled := h.open("studio", "stall")
	full := make(chan error, 1)
	if err := stalled.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := stalled.Write(make([]byte, 1<<20))
		full <- err
	}()
	other := h.open("studio", "echo")
	for range 100 {
		if _, err := other.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(other, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-full; err == nil {
		t.Error("a stream took more than its window with nobody reading")
	}
}

func TestANewerTunnelReplacesTheOlder(t *testing.T) {
	h := open(t)
	named := func(name string) map[string]tunnel.Service {
		return map[string]tunnel.Service{"who": func(_ context.Context, s net.Conn) { _, _ = s.Write([]byte(name)) }}
	}
	stop := h.agent("studio", named("first"))
	h.agent("studio", named("second"))
	stop() // it would otherwise come back and replace the second in turn
	h.until("the second answers", func() bool {
		stream, err := h.hub.Open(t.Context(), "studio", "who")
		if err != nil {
			return false
		}
		defer stream.Close()
		name, err := io.ReadAll(stream)
		return err == nil && string(name) == "second"
	})
}

func TestAnAgentComesBack(t *testing.T) {
	h := open(t)
	cut := make(chan func(), 1)
	proxy := relay(t, strings.TrimPrefix(h.url, "ws://"), cut)
	h.url = "ws://" + proxy
	h.agent("studio", map[string]tunnel.Service{"echo": echo})
	stream := h.open("studio", "echo")
	(<-cut)()
	if _, err := stream.Read(make([]byte, 1)); err == nil {
		t.Error("a stream outlived its tunnel")
	}
	h.until("the agent is back", func() bool {
		s, err := h.hub.Open(t.Context(), "studio", "echo")
		if err == nil {
			s.Close()
		}
		return err == nil
	})
}

// relay passes connections on and offers to cut each.
func relay(t *testing.T, to string, cut chan<- func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				return
			}
			go func() { _, _ = io.Copy(out, in); out.Close() }()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
			select {
			case cut <- func() { in.Close(); out.Close() }:
			default:
			}
		}
	}()
	return l.Addr().String()
}

// TestGarbageEndsTheTunnel: a client that passes for an agent and then does not
// speak the protocol costs no more than its own connection.
func TestGarbageEndsTheTunnel(t *testing.T) {
	for name, send := range map[string]func(*websocket.Conn) error{
		"text": func(ws *websocket.Conn) error { return ws.WriteMessage(websocket.TextMessage, []byte("hello")) },
		"not yamux": func(ws *websocket.Conn) error {
			return ws.WriteMessage(websocket.BinaryMessage, bytes.Repeat([]byte{7}, 64))
		},
		"oversized": func(ws *websocket.Conn) error { return ws.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20)) },
		"a stream of its own": func(ws *websocket.Conn) error {
			return ws.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			ws, _, err := websocket.DefaultDialer.Dial(h.url+tunnel.Path, http.Header{"Authorization": {"Bearer agent of studio"}})
			if err != nil {
				t.Fatal(err)
			}
			defer ws.Close()
			h.until("it is up", func() bool { return h.hub.Connected("studio") })
			if err := send(ws); err != nil {
				t.Fatal(err)
			}
			h.until("it is gone", func() bool { return !h.hub.Connected("studio") })
		})
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	hub, err := tunnel.NewHub(tunnel.HubConfig{Verify: func(string) (string, error) { return "studio", nil }})
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+tunnel.Path, hub)
	server := httptest.NewServer(mux)
	defer server.Close()
	defer hub.Close()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tunnel.Run(ctx, tunnel.AgentConfig{
			URL: "ws" + strings.TrimPrefix(server.URL, "http"), Services: map[string]tunnel.Service{"echo": echo},
		})
	}()
	defer func() { cancel(); <-done }()
	for !hub.Connected("studio") {
		time.Sleep(time.Millisecond)
	}
	stream, err := hub.Open(ctx, "studio", "echo")
	if err != nil {
		b.Fatal(err)
	}
	defer stream.Close()
	hand := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stream.Write(hand); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(stream, hand); err != nil {
			b.Fatal(err)
		}
	}
}
