package stockjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/signaling/token"
)

const (
	key      = "testkey"
	secret   = "test-secret-test-secret-test-secret-0"
	bundle   = "../../client/node_modules/livekit-client/dist/livekit-client.umd.js"
	patience = 30 * time.Second
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// stage is a server with an agent that plays a recording, and a browser.
type stage struct {
	t       *testing.T
	http    *httptest.Server
	url     string
	server  *signaling.Server
	media   netip.AddrPort // UDP
	agent   *client.Conn
	data    chan [3]string // from, topic, payload: what the agent hears
	browser driver
	rests   atomic.Bool // the recording stands still, but for keyframes that are asked for
}

func setUp(t *testing.T, start func(*testing.T) driver) *stage {
	t.Helper()
	s := serve(t)
	s.startAgent()
	s.browser = start(t)
	return s
}

// serve starts the server alone.
func serve(t *testing.T) *stage {
	t.Helper()
	if _, err := os.Stat(bundle); err != nil {
		t.Fatalf("livekit-client is not installed (npm ci in client/): %v", err)
	}
	engine, err := sfu.NewEngine(sfu.Config{UDP: loopback, TCP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	media := engine.UDPAddr()
	server, err := signaling.NewServer(signaling.Config{Keys: token.Keys{key: secret}, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server.Mount(mux)
	mux.HandleFunc("GET /livekit-client.umd.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, bundle) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", "page.html"))
	})
	s := &stage{t: t, http: httptest.NewServer(mux), server: server, media: media, data: make(chan [3]string, 256)}
	s.url = "ws" + strings.TrimPrefix(s.http.URL, "http")
	t.Cleanup(func() {
		server.Close()
		s.http.Close()
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) token(identity string, role room.Role) string {
	s.t.Helper()
	raw, err := token.Mint(key, secret, token.Grant{Room: "studio", Identity: identity, Role: role, TTL: time.Hour})
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// OnParticipant, OnTrack and OnClosed: the agent does not care.
func (s *stage) OnParticipant(client.Participant) {}

func (s *stage) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}
func (s *stage) OnClosed(error)                                   {}

func (s *stage) OnData(from, topic string, payload []byte) {
	select {
	case s.data <- [3]string{from, topic, string(payload)}:
	default:
	}
}

// joinAgent has an agent in the room that publishes nothing yet.
func (s *stage) joinAgent() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	agent, err := client.Dial(ctx, client.Options{URL: s.url, Token: s.token("agent", room.Agent)}, s)
	if err != nil {
		s.t.Fatal(err)
	}
	s.agent = agent
	s.t.Cleanup(func() {
		if err := agent.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

func (s *stage) startAgent() {
	s.t.Helper()
	s.joinAgent()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	asked := [...]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
	track, err := s.agent.PublishVideo(ctx, client.VideoSpec{
		Name: "display",
		OnRTCP: func(_, layer int, pkt rtcp.Packet) {
			if _, ok := pkt.(*rtcp.PictureLossIndication); ok {
				select {
				case asked[layer] <- struct{}{}:
				default:
				}
			}
		},
		Renditions: []client.Rendition{{
			Codec:  webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
			Layers: []client.Layer{{RID: "h", Width: 320, Height: 200}, {RID: "f", Width: 640, Height: 400}},
		}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	stop := make(chan struct{})
	var players sync.WaitGroup
	for layer, name := range []string{"half.ivf", "full.ivf"} {
		frames := load(s.t, filepath.Join("testdata", name))
		players.Go(func() { s.play(track, layer, frames, asked[layer], stop) })
	}
	s.t.Cleanup(func() {
		close(stop)
		players.Wait()
	})
}

func load(t *testing.T, path string) [][]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	reader, _, err := ivfreader.NewWith(f)
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for {
		frame, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
}

const frameTicks = 90000 / 15 // the recording has 15 frames a second

// play sends the recording over and over, from its start at once when a keyframe
// is asked for; both layers share a time base.
func (s *stage) play(track *client.VideoTrack, layer int, frames [][]byte, asked, stop <-chan struct{}) {
	packetizer := rtp.NewPacketizer(1200, 0, 0, &codecs.VP8Payloader{EnablePictureID: true}, rtp.NewRandomSequencer(), 90000)
	tick := time.NewTicker(time.Second / 15)
	defer tick.Stop()
	at := uint32(0)
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
			if s.rests.Load() {
				n--
				continue
			}
			at = at - at%frameTicks + frameTicks
		case <-asked:
			n = 0
			at += frameTicks / 8
		}
		for _, pkt := range packetizer.Packetize(frames[n%len(frames)], 0) {
			pkt.Timestamp = at
			if track.WriteRTP(0, layer, pkt) != nil {
				return
			}
		}
	}
}

// eventually waits for a condition outside the browser.
func (s *stage) eventually(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not so after %v", what, patience)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// page is one tab.
type page struct {
	t   *testing.T
	tab tab
}

// open opens a tab and joins with the client's options, as JavaScript.
func (s *stage) open(identity, options string) *page {
	s.t.Helper()
	return s.openAs(identity, options, "")
}

// openBy is open for a browser that finds the server's media port elsewhere.
func (s *stage) openBy(port uint16, identity, options string) *page {
	s.t.Helper()
	return s.openAs(identity, options, fmt.Sprintf("detour(%d, %d)", s.media.Port(), port))
}

// openAs runs JavaScript before it joins.
func (s *stage) openAs(identity, options, before string) *page {
	s.t.Helper()
	return s.enter(identity, s.token(identity, room.Viewer), options, before)
}

// enter joins with a token.
func (s *stage) enter(identity, token, options, before string) *page {
	s.t.Helper()
	tab, err := s.browser.open(s.http.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &page{t: s.t, tab: tab}
	if before != "" {
		p.do(before)
	}
	p.do("join(" + quote(s.url) + ", " + quote(token) + ", " + options + ")")
	if outcome := eval[string](p, `seen.state + " " + seen.error`); outcome != "connected " {
		s.t.Fatalf("%s: %v", identity, outcome)
	}
	return p
}

// eval gives the value of an expression, or what its promise resolves to.
func eval[T any](p *page, js string) (value T) {
	p.t.Helper()
	text, err := p.tab.evaluate("(async () => JSON.stringify(await (" + js + ")) ?? 'null')()")
	if err == nil {
		err = json.Unmarshal([]byte(text), &value)
	}
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return value
}

// do runs JavaScript for its effect and waits for a promise it returns.
func (p *page) do(js string) {
	p.t.Helper()
	eval[any](p, "(async () => { await ("+js+") })()")
}

// until polls a condition in the page.
func (p *page) until(what, js string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !eval[bool](p, "Promise.resolve("+js+").then(Boolean)") {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: not so after %v: %s", what, patience, eval[string](p, "JSON.stringify(seen)"))
		}
		<-tick.C
	}
}
