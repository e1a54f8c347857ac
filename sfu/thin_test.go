//go:build lines

// Viewers behind bad lines, in real time: what these tests measure depends on how
// busy the machine is, so `make bench` runs them and `make test` does not.

package sfu

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// thin is a viewer's socket behind a bad access line: what arrives waits in a
// queue of the line's rate, which drops what does not fit, or is lost.
type thin struct {
	*net.UDPConn
	mu     sync.Mutex
	rate   int     // bits per second; 0: nothing arrives
	loss   float64 // share
	free   time.Time
	queue  chan late
	closed chan struct{}
	done   sync.WaitGroup
	chance *rand.Rand
}

type late struct {
	at   time.Time
	from net.Addr
	data []byte
}

// thinQueue is how long a packet may wait for the line.
const thinQueue = 300 * time.Millisecond

func newThin(t *testing.T, rate int, loss float64) *thin {
	t.Helper()
	udp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	_ = udp.SetReadBuffer(4 << 20)
	c := &thin{
		UDPConn: udp, rate: rate, loss: loss, queue: make(chan late, 4096),
		closed: make(chan struct{}), chance: rand.New(rand.NewPCG(1, 2)),
	}
	c.done.Go(c.receive)
	return c
}

func (c *thin) set(rate int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rate = rate
}

func (c *thin) receive() {
	defer close(c.queue)
	buf := make([]byte, 2048)
	for {
		n, from, err := c.UDPConn.ReadFrom(buf)
		if err != nil {
			return
		}
		now := time.Now()
		c.mu.Lock()
		if c.free.Before(now) {
			c.free = now
		}
		passes := c.rate > 0 && c.chance.Float64() >= c.loss && c.free.Sub(now) < thinQueue
		if passes {
			c.free = c.free.Add(time.Duration(n+28) * 8 * time.Second / time.Duration(c.rate))
		}
		at := c.free
		c.mu.Unlock()
		if passes {
			c.queue <- late{at: at, from: from, data: append([]byte(nil), buf[:n]...)}
		}
	}
}

func (c *thin) ReadFrom(b []byte) (int, net.Addr, error) {
	p, ok := <-c.queue
	if !ok {
		return 0, nil, net.ErrClosed
	}
	select {
	case <-time.After(time.Until(p.at)):
	case <-c.closed:
	}
	return copy(b, p.data), p.from, nil
}

func (c *thin) Close() error {
	close(c.closed)
	err := c.UDPConn.Close()
	c.done.Wait()
	return err
}

// plainConn hides *net.UDPConn's faster methods from the mux.
type plainConn struct{ net.PacketConn }

// thinAPI makes viewers behind a line, with transport-wide feedback.
func thinAPI(t *testing.T, line *thin) *webrtc.API {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{playoutDelayURI, sdp.TransportCCURI} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			t.Fatal(err)
		}
	}
	reports, err := twcc.NewSenderInterceptor(twcc.SendInterval(50 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	registry := &interceptor.Registry{}
	registry.Add(reports)
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: plainConn{line}})
	t.Cleanup(func() { _ = mux.Close() })
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICEUDPMux(mux)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(registry))
}

// movie publishes both layers at 30 frames per second: the full one at 2 Mb/s,
// the half one at 500 kb/s.
func movie(cam *camera) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(33 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				cam.mu.Lock()
				want := cam.wantKey
				cam.wantKey = [2]bool{}
				cam.mu.Unlock()
				cam.timestamp += 3000
				cam.heavy(0, 2, want[0])
				cam.heavy(1, 7, want[1])
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// heavy sends one frame of n packets of 1,100 bytes, three times as many for a
// keyframe.
func (c *camera) heavy(layer, n int, key bool) {
	s := &c.state[layer]
	if key {
		n *= 3
		s.tl0++
	}
	for i := range n {
		payload := append(vp8Payload(i == 0, key, s.id, s.tl0, byte(layer)), make([]byte, 1088)...)
		c.write(layer, i == n-1, payload)
	}
	s.id = (s.id + 1) & 0x7fff
}

// watchThrough makes a viewer of track behind a line.
func watchThrough(t *testing.T, r *Room, track TrackID, line *thin) *client {
	t.Helper()
	v := joinWith(t, thinAPI(t, line), r, "PA_v", PeerOptions{Single: true})
	if err := v.peer.Subscribe(track); err != nil {
		t.Fatal(err)
	}
	v.openChannels()
	v.receiveVideo(1)
	v.offer()
	return v
}

// recent is how many packets of each layer came since n, and how many came.
func (c *client) recent(n int) (layers [2]int, all int) {
	got := c.packets()
	for _, p := range got[n:] {
		if len(p.Payload) > 7 {
			layers[layerOf(p)&1]++
		}
	}
	return layers, len(got)
}

// settles waits until the viewer sees only the given layer, and enough of it,
// for a second.
func (c *client) settles(what string, layer, packets int) time.Duration {
	c.t.Helper()
	began := time.Now()
	_, at := c.recent(0)
	for time.Since(began) < 6*patience {
		time.Sleep(time.Second)
		layers, now := c.recent(at)
		c.t.Logf("%s: %v after %v, %s", what, layers, time.Since(began).Round(100*time.Millisecond), c.peer.describePath())
		at = now
		if layers[layer] >= packets && layers[1-layer] == 0 {
			return time.Since(began)
		}
	}
	c.t.Fatalf("did not settle: %s", what)
	return 0
}

func TestAViewerFollowsItsLine(t *testing.T) {
	t.Parallel()
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	line := newThin(t, 5_000_000, 0)
	v := watchThrough(t, r, "TR_1", line)
	defer movie(cam)()
	v.settles("5 Mb/s", 1, 100)
	line.set(1_000_000)
	v.settles("1 Mb/s", 0, 30)
	line.set(5_000_000)
	v.settles("5 Mb/s again", 1, 100)
	line.set(0)
	time.Sleep(2 * time.Second)
	line.set(5_000_000)
	v.settles("after an outage", 1, 100)
}

// describePath is for logs of tests.
func (p *Peer) describePath() string {
	p.path.mu.Lock()
	defer p.path.mu.Unlock()
	if p.path.est == nil {
		return "no reports"
	}
	e := p.path.est.Estimate()
	return fmt.Sprintf("%d kb/s, %v, patience %v, %d probe packets", e.BitsPerSecond/1000, e.State, p.path.layers.patience, p.engine.count.probes.Load())
}

func TestAThinLossyLineKeepsAMovingPicture(t *testing.T) {
	t.Parallel()
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	line := newThin(t, 700_000, 0.05)
	v := watchThrough(t, r, "TR_1", line)
	defer movie(cam)()
	v.settles("700 kb/s, 5% lost", 0, 20)
}

// TestAPictureThatDoesNotFitIsPaused narrows the line to where not even the
// half layer gets through, and widens it again.
func TestAPictureThatDoesNotFitIsPaused(t *testing.T) {
	t.Parallel()
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	line := newThin(t, 2_000_000, 0)
	v := watchThrough(t, r, "TR_1", line)
	defer movie(cam)()
	eventually(t, "the picture moves", func() bool { return len(v.packets()) > 100 })
	line.set(150_000)
	told := func(paused bool) func() bool {
		return func() bool {
			states := look(v.see, func() []bool { return append([]bool(nil), v.see.paused...) })
			return len(states) > 0 && states[len(states)-1] == paused
		}
	}
	eventually(t, "the client is told of the pause", told(true))
	line.set(5_000_000)
	waitFor(t, 6*patience, "the client is told of the end", told(false))
}
