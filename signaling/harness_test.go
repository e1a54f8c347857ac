package signaling_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/signaling/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey    = "testkey"
	testSecret = "test-secret-test-secret-test-secret-0"
	patience   = 10 * time.Second
)

// house is a signaling server with its media engine, on loopback.
type house struct {
	t        testing.TB
	server   *signaling.Server
	http     *httptest.Server
	url      string
	registry *prometheus.Registry
}

func open(t testing.TB, change func(*signaling.Config)) *house {
	t.Helper()
	registry := prometheus.NewRegistry()
	engine, err := sfu.NewEngine(sfu.Config{UDP: netip.MustParseAddrPort("127.0.0.1:0"), Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := signaling.Config{Keys: token.Keys{testKey: testSecret}, Engine: engine, Metrics: registry}
	if change != nil {
		change(&cfg)
	}
	server, err := signaling.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server.Mount(mux)
	h := &house{t: t, server: server, http: httptest.NewServer(mux), registry: registry}
	h.url = "ws" + strings.TrimPrefix(h.http.URL, "http")
	t.Cleanup(func() {
		server.Close()
		h.http.Close()
	})
	return h
}

func (h *house) token(identity string, role room.Role) string {
	h.t.Helper()
	raw, err := token.Mint(testKey, testSecret, token.Grant{Room: "studio", Identity: identity, Role: role, TTL: time.Hour})
	if err != nil {
		h.t.Fatal(err)
	}
	return raw
}

// metric is the value of a counter or gauge with these label values.
func (h *house) metric(name string, labels ...string) float64 {
	h.t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) != len(labels) {
				continue
			}
			matches := true
			for i, l := range m.GetLabel() {
				matches = matches && l.GetValue() == labels[i]
			}
			if matches {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// message is a data packet as a guest received it.
type message struct{ from, topic, payload string }

// guest is a connected client that remembers what it was told.
type guest struct {
	t testing.TB
	*client.Conn

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced on every event
	people   map[string]client.Participant
	messages []message
	packets  int
	first    []byte // payload of the first packet
	closed   bool
	closing  error
	readers  sync.WaitGroup
}

func (h *house) enter(identity string, role room.Role) *guest {
	h.t.Helper()
	return h.enterWith(client.Options{URL: h.url, Token: h.token(identity, role), Subscribe: role != room.Agent})
}

func (h *house) enterWith(opts client.Options) *guest {
	h.t.Helper()
	g := &guest{t: h.t, changed: make(chan struct{}), people: map[string]client.Participant{}}
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	conn, err := client.Dial(ctx, opts, g)
	if err != nil {
		h.t.Fatalf("dial: %v", err)
	}
	g.Conn = conn
	h.t.Cleanup(g.leave)
	return g
}

func (g *guest) leave() {
	if err := g.Close(); err != nil {
		g.t.Error(err)
	}
	g.readers.Wait()
}

func (g *guest) note(fn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fn()
	close(g.changed)
	g.changed = make(chan struct{})
}

// until waits for a condition on what the guest was told.
func (g *guest) until(what string, cond func() bool) {
	g.t.Helper()
	deadline := time.After(patience)
	for {
		g.mu.Lock()
		ok, changed := cond(), g.changed
		g.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			g.mu.Lock()
			defer g.mu.Unlock()
			g.t.Fatalf("%s: not so after %v; people %v, messages %v, %d packets, closed %v (%v)",
				what, patience, g.people, g.messages, g.packets, g.closed, g.closing)
		}
	}
}

// holds says whether a condition on what the guest was told is so now.
func (g *guest) holds(cond func() bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return cond()
}

func (g *guest) heard(m message) func() bool {
	return func() bool {
		for _, got := range g.messages {
			if got == m {
				return true
			}
		}
		return false
	}
}

func (g *guest) OnParticipant(p client.Participant) {
	g.note(func() {
		if p.Left {
			delete(g.people, p.Identity)
			return
		}
		g.people[p.Identity] = p
	})
}

func (g *guest) OnData(from, topic string, payload []byte) {
	g.note(func() { g.messages = append(g.messages, message{from, topic, string(payload)}) })
}

func (g *guest) OnTrack(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	g.readers.Go(func() {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			g.note(func() {
				if g.packets++; g.packets == 1 {
					g.first = p.Payload
				}
			})
		}
	})
}

func (g *guest) OnClosed(err error) {
	g.note(func() { g.closed, g.closing = true, err })
}

// feed publishes a simulcast VP8 track and writes packets until the test ends.
func (g *guest) feed() *client.VideoTrack {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	track, err := g.PublishVideo(ctx, client.VideoSpec{
		Name: "display",
		Renditions: []client.Rendition{{
			Codec:  webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
			Layers: []client.Layer{{RID: "h", Width: 640, Height: 400}, {RID: "f", Width: 1280, Height: 800}},
		}},
		OnRTCP: func(int, int, rtcp.Packet) {},
	})
	if err != nil {
		g.t.Fatalf("publish: %v", err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { writeFrames(track, stop) })
	g.t.Cleanup(func() {
		close(stop)
		writer.Wait()
	})
	return track
}

// writeFrames sends one-packet VP8 keyframes on both layers, 100 a second.
func writeFrames(track *client.VideoTrack, stop <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for layer, size := range [...][2]byte{{0x80, 0x02}, {0x00, 0x05}} { // 640, 1280
			err := track.WriteRTP(0, layer, &rtp.Packet{
				Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 900},
				// Descriptor: start of partition 0; then a keyframe's header.
				Payload: []byte{0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, size[0], size[1], 0x90, 0x01, 0, 0, 0},
			})
			if err != nil {
				return
			}
		}
	}
}
