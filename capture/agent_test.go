package capture_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/capture"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/wire"
)

const (
	key, secret = "testkey", "test-secret-test-secret-test-secret-0"
	patience    = 20 * time.Second
)

// server is a real one, which can be replaced behind one URL.
type server struct {
	http *httptest.Server
	url  string

	mu     sync.Mutex
	engine *sfu.Engine
	rooms  *signaling.Server
	mux    *http.ServeMux
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.open(t)
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		mux := s.mux
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	s.url = "ws" + strings.TrimPrefix(s.http.URL, "http")
	t.Cleanup(func() {
		s.close(t)
		s.http.Close()
	})
	return s
}

func (s *server) open(t *testing.T) {
	t.Helper()
	engine, err := sfu.NewEngine(sfu.Config{UDP: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := signaling.NewServer(signaling.Config{Keys: token.Keys{key: secret}, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	rooms.Mount(mux)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine, s.rooms, s.mux = engine, rooms, mux
}

func (s *server) close(t *testing.T) {
	s.rooms.Close()
	if err := s.engine.Close(); err != nil {
		t.Error(err)
	}
}

func mint(t *testing.T, identity string, role room.Role) string {
	t.Helper()
	raw, err := token.Mint(key, secret, token.Grant{Room: "studio", Identity: identity, Role: role, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// person is in the room and remembers what came.
type person struct {
	t    *testing.T
	conn *client.Conn

	mu       sync.Mutex
	changed  chan struct{}
	display  string
	lease    wire.Lease
	tags     []wire.FrameTag
	shapes   int
	packets  int
	keys     int
	times    map[uint32]bool // RTP timestamps seen
	tracks   sync.WaitGroup
	sequence uint32
	barrier  uint32
}

func enter(t *testing.T, s *server, identity string, role room.Role) *person {
	t.Helper()
	p := &person{t: t, changed: make(chan struct{}, 1), times: map[uint32]bool{}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := client.Dial(ctx, client.Options{URL: s.url, Token: mint(t, identity, role), Subscribe: true}, p)
	if err != nil {
		t.Fatal(err)
	}
	p.conn = conn
	t.Cleanup(p.leave)
	return p
}

func (p *person) leave() {
	_ = p.conn.Close()
	p.tracks.Wait()
}

func (p *person) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *person) until(what string, want func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		ok := want()
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-p.changed:
		case <-deadline:
			p.t.Fatalf("%s: never; %d packets, %d keyframes, %d shapes, %v, %+v", what, p.packets, p.keys, p.shapes, p.tags, p.lease)
		}
	}
}

func (p *person) OnParticipant(who client.Participant) {
	if d := who.Attributes[room.DisplayAttribute]; d != "" {
		p.note(func() { p.display = d })
	}
}

func (p *person) OnData(_, topic string, payload []byte) {
	p.note(func() {
		switch topic {
		case wire.TopicControl:
			if c, err := wire.DecodeControl(payload); err == nil && c.Lease != nil {
				p.lease = *c.Lease
			}
		case wire.TopicFrame:
			if tag, err := wire.DecodeFrameTag(payload); err == nil {
				p.tags = append(p.tags, tag)
			}
		case wire.TopicCursor:
			if m, err := wire.DecodeCursor(payload); err == nil {
				if _, ok := m.(*wire.CursorShape); ok {
					p.shapes++
				}
			}
		}
	})
}

func (p *person) OnTrack(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	p.tracks.Go(func() {
		for {
			pkt, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			var d codecs.VP8Packet
			chunk, err := d.Unmarshal(pkt.Payload)
			if err != nil {
				continue // padding
			}
			p.note(func() {
				p.packets++
				p.times[pkt.Timestamp] = true
				if d.S == 1 && len(chunk) > 0 && chunk[0]&1 == 0 {
					p.keys++
				}
			})
		}
	})
}

func (p *person) OnClosed(error) {}

// hand sends one reliable event.
func (p *person) hand(e wire.Event) {
	p.t.Helper()
	p.mu.Lock()
	generation := p.lease.Generation
	p.mu.Unlock()
	p.sequence++
	b, err := wire.AppendInput(nil, &wire.Input{Generation: generation, First: p.sequence, Barrier: p.barrier, Events: []wire.Event{e}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.barrier = p.sequence
	if err := p.conn.PublishData(wire.TopicInput, b, true); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) control(c wire.Control) {
	p.t.Helper()
	b, err := wire.EncodeControl(&c)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.conn.PublishData(wire.TopicControl, b, true); err != nil {
		p.t.Fatal(err)
	}
}

// start runs an agent until the test ends or stop is called.
func start(t *testing.T, s *server, name string) (result <-chan error, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		ended <- capture.RunAgent(ctx, capture.AgentConfig{Display: name, URL: s.url, Token: mint(t, "agent", room.Agent)})
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return ended, stop
}

func await[E xgb.Event](t *testing.T, p *xvnctest.Painter) E {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-p.Events:
			if want, ok := e.(E); ok {
				return want
			}
		case <-deadline:
			var want E
			t.Fatalf("no %T came", want)
		}
	}
}

// The whole way, over a real server: picture, cursor, hand, tag, loss of the
// holder, resize, loss of the server, the end.
func TestAgentInRoom(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	painter := xvnctest.NewPainter(t, name, 800, 600)
	s := newServer(t)
	result, stop := start(t, s, name)

	owner := enter(t, s, "owner", room.Owner)
	owner.until("a picture and a cursor", func() bool {
		return owner.keys > 0 && owner.shapes > 0 && owner.display == "800x600"
	})
	owner.control(wire.Control{Type: wire.ControlTake})
	owner.until("the lease", func() bool { return owner.lease.Holder == "owner" })
	late := enter(t, s, "late", room.Viewer)
	late.until("a picture and a cursor for a late viewer", func() bool { return late.keys > 0 && late.shapes > 0 })

	owner.hand(wire.Event{Kind: wire.ButtonDown, Button: 1, X: 33, Y: 44})
	if e := await[xproto.ButtonPressEvent](t, painter); e.RootX != 33 || e.RootY != 44 {
		t.Fatalf("pressed at %d,%d", e.RootX, e.RootY)
	}
	painter.Fill(t, 20, 20, 40, 40, 0xff00ff)
	owner.until("a tag and its frame", func() bool {
		return len(owner.tags) == 1 && owner.times[owner.tags[0].RTPTimestamp] && owner.tags[0].Sequence == 1
	})

	owner.hand(wire.Event{Kind: wire.Resize, Width: 1024, Height: 700, Scale: 100})
	owner.until("another size", func() bool { return owner.display == "1024x700" })

	// The holder leaves with the button down: it comes up by itself.
	owner.leave()
	await[xproto.ButtonReleaseEvent](t, painter)

	// The server goes and another comes: so does the agent.
	s.close(t)
	s.open(t)
	again := enter(t, s, "again", room.Owner)
	again.until("a picture from the next server", func() bool { return again.keys > 0 && again.display == "1024x700" })
	again.control(wire.Control{Type: wire.ControlTake})
	again.until("the lease", func() bool { return again.lease.Holder == "again" })
	again.hand(wire.Event{Kind: wire.KeyDown, Keysym: 'q'})
	await[xproto.KeyPressEvent](t, painter)

	stop()
	if err := <-result; err != nil {
		t.Fatalf("told to stop: %v", err)
	}
	await[xproto.KeyReleaseEvent](t, painter)
}

func TestAgentEnds(t *testing.T) {
	t.Run("without an X server", func(t *testing.T) {
		err := capture.RunAgent(t.Context(), capture.AgentConfig{Display: ":65000", URL: "ws://127.0.0.1:1"})
		if !errors.Is(err, display.ErrLost) {
			t.Fatal(err)
		}
	})
	t.Run("when the X server goes while the room is unreachable", func(t *testing.T) {
		name, kill := xvnctest.StartStoppable(t, 640, 480)
		result, _ := start(t, &server{url: "ws://127.0.0.1:1"}, name)
		kill()
		if err := <-result; !errors.Is(err, display.ErrLost) {
			t.Fatal(err)
		}
	})
	t.Run("when the X server goes in the room", func(t *testing.T) {
		name, kill := xvnctest.StartStoppable(t, 640, 480)
		s := newServer(t)
		viewer := enter(t, s, "viewer", room.Viewer)
		result, _ := start(t, s, name)
		viewer.until("a picture", func() bool { return viewer.keys > 0 })
		kill()
		if err := <-result; !errors.Is(err, display.ErrLost) {
			t.Fatal(err)
		}
	})
	t.Run("when the token is refused", func(t *testing.T) {
		s := newServer(t)
		err := capture.RunAgent(t.Context(), capture.AgentConfig{Display: xvnctest.Start(t, 640, 480), URL: s.url, Token: "nonsense"})
		if !errors.Is(err, client.ErrRefused) {
			t.Fatal(err)
		}
	})
}
