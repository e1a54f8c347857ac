package sfu

import (
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// goesOn films until a viewer has seen n more packets: whatever somebody else
// does, the picture moves.
func (c *camera) goesOn(what string, v *client, n int) {
	c.t.Helper()
	before := len(v.packets())
	c.film(what, func() bool { return len(v.packets()) > before+n })
}

func TestStrangersAtTheSockets(t *testing.T) {
	e, err := NewEngine(Config{UDP: loopback, TCP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	r := e.NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	v := watch(t, r, "PA_v", "TR_1", true)
	cam.film("the picture", seesLayer(v, 1))
	udp, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.UDPAddr()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		b := make([]byte, chance.IntN(1500))
		for j := range b {
			b[j] = byte(chance.Uint32())
		}
		if len(b) > 8 {
			b[0] = []byte{0, 1, 20, 22, 0x80, 0x90, 0xff}[i%7] // STUN, DTLS, RTP, nothing
			if i%3 == 0 {
				copy(b[4:], []byte{0x21, 0x12, 0xa4, 0x42}) // STUN's cookie
			}
		}
		_, _ = udp.Write(b)
	}
	for range 20 {
		tcp, err := net.DialTimeout("tcp4", e.tcpMux.LocalAddr().String(), patience)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tcp.Close() }()
		_, _ = tcp.Write([]byte{0xff, 0xff, 1, 2, 3}) // promises 65,535 bytes
	}
	cam.goesOn("the picture goes on", v, 100)
	checkContinuous(t, v.packets())
}

// echo keeps what a client sends and can send it again.
type echo struct {
	net.PacketConn
	mu   sync.Mutex
	kept []kept
}

type kept struct {
	data []byte
	to   net.Addr
}

func (c *echo) WriteTo(b []byte, to net.Addr) (int, error) {
	if isSRTP(b) || isSRTCP(b) {
		c.mu.Lock()
		c.kept = append(c.kept, kept{append([]byte(nil), b...), to})
		c.mu.Unlock()
	}
	return c.PacketConn.WriteTo(b, to)
}

func TestReplayedPacketsGoNowhere(t *testing.T) {
	e := newTestEngine(t)
	r := e.NewRoom("r")
	udp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	conn := &echo{PacketConn: udp}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: plainSocket{conn}})
	t.Cleanup(func() { _ = mux.Close() })
	cam := publishOn(t, joinWith(t, socketAPI(t, mux), r, "PA_cam", PeerOptions{Single: true, MayPublish: true}), "TR_1")
	v := watch(t, r, "PA_v", "TR_1", false)
	cam.film("the picture", seesLayer(v, 1))
	cam.goesOn("more of it", v, 50)
	in := e.count.packetsIn.Load()
	conn.mu.Lock()
	again := conn.kept
	conn.mu.Unlock()
	for range 5 {
		for _, k := range again {
			_, _ = udp.WriteTo(k.data, k.to)
		}
	}
	before := len(v.packets())
	cam.goesOn("and more", v, 50)
	sent := uint64(len(v.packets())-before) * 4 // two layers, and some to spare
	if came := e.count.packetsIn.Load() - in; came > sent+uint64(len(again)) {
		t.Errorf("%d packets were taken for new, of %d sent again five times", came, len(again))
	}
	checkContinuous(t, v.packets())
}

// socketAPI makes clients that use one socket, without interceptors.
func socketAPI(t *testing.T, mux ice.UDPMux) *webrtc.API {
	t.Helper()
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEUDPMux(mux)
	return webrtc.NewAPI(webrtc.WithMediaEngine(testMedia(t)), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// TestAViewerThatAsksForEverything floods the server with reports: its own path
// is all that suffers.
func TestAViewerThatAsksForEverything(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		e := newTestEngine(t)
		r := e.NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", true)
		v := watch(t, r, "PA_v", "TR_1", true)
		bad := watch(t, r, "PA_bad", "TR_1", single)
		cam.film("the picture", seesLayer(v, 1))
		cam.film("the picture of the other", seesLayer(bad, 1))
		cam.mu.Lock()
		asked := cam.plis
		cam.mu.Unlock()
		began := time.Now()
		ssrc := bad.packets()[0].SSRC
		everything := &rtcp.TransportLayerNack{MediaSSRC: ssrc}
		for i := range 200 {
			everything.Nacks = append(everything.Nacks, rtcp.NackPair{PacketID: uint16(i * 17), LostPackets: 0xffff})
		}
		liar := rtcp.RawPacket{
			0x8f, 205, 0, 5, 0, 0, 0, 1, byte(ssrc >> 24), byte(ssrc >> 16), byte(ssrc >> 8), byte(ssrc),
			0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x3f, 0xff, 0x3f, 0xff, // 65,535 packets, all received
		}
		pc := bad.receiving()
		for i := range 1500 {
			for _, p := range []rtcp.Packet{
				everything,
				&rtcp.PictureLossIndication{MediaSSRC: ssrc},
				&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: uint8(i)}}},
				&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: v.packets()[0].SSRC, FractionLost: 255, LastSequenceNumber: 1 << 31}}},
				&liar,
				&rtcp.RawPacket{0x80, 201, 0xff, 0xff},
				&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1, SSRCs: []uint32{0, 1, 2}},
			} {
				_ = pc.WriteRTCP([]rtcp.Packet{p})
			}
		}
		cam.goesOn("the picture goes on", v, 100)
		checkContinuous(t, v.packets())
		took := time.Since(began).Seconds()
		if n := e.count.retransmits.Load(); float64(n) > resendBurst+resendRate*(took+1) {
			t.Errorf("%d packets were sent again in %.1f s", n, took)
		}
		if n := cam.keyframesAsked() - asked; float64(n) > 10+2*took/keyframeSpacing.Seconds() {
			t.Errorf("%d keyframes were asked for in %.1f s", n, took)
		}
		if e.count.reportsOver.Load()+e.count.reportsBad.Load() == 0 {
			t.Error("nothing was refused")
		}
		v.peer.path.mu.Lock()
		defer v.peer.path.mu.Unlock()
		if v.peer.path.loss.share > 0.5 {
			t.Error("somebody else's report of loss counts")
		}
	})
}

// rogue is a track that sends whatever its owner wants.
type rogue struct {
	webrtc.TrackLocal
	mu  sync.Mutex
	out webrtc.TrackLocalWriter
}

func (r *rogue) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	r.mu.Lock()
	r.out = ctx.WriteStream()
	r.mu.Unlock()
	return ctx.CodecParameters()[0], nil
}

func (r *rogue) Unbind(webrtc.TrackLocalContext) error { return nil }

func (r *rogue) write(h *rtp.Header, payload []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.out == nil {
		return false
	}
	_, err := r.out.WriteRTP(h, payload)
	return err == nil
}

// TestMediaFromNobody: who may not publish, or sends more streams than anybody
// needs, leaves no trace.
func TestMediaFromNobody(t *testing.T) {
	for _, mayPublish := range []bool{false, true} {
		e := newTestEngine(t)
		r := e.NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", true)
		v := watch(t, r, "PA_v", "TR_1", true)
		cam.film("the picture", seesLayer(v, 1))
		bad := join(t, r, "PA_bad", PeerOptions{Single: true, MayPublish: mayPublish})
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "x", "y")
		if err != nil {
			t.Fatal(err)
		}
		out := &rogue{TrackLocal: track}
		if _, err := bad.up.AddTrack(out); err != nil {
			t.Fatal(err)
		}
		bad.openChannels()
		bad.offer()
		eventually(t, "the rogue is connected", func() bool {
			return bad.up.ConnectionState() == webrtc.PeerConnectionStateConnected &&
				out.write(&rtp.Header{Version: 2, PayloadType: 96, SSRC: 1}, vp8Payload(true, true, 1, 1, 9))
		})
		goroutines := runtime.NumGoroutine()
		for i := range 5000 {
			out.write(&rtp.Header{Version: 2, PayloadType: uint8(i), SSRC: uint32(i), SequenceNumber: uint16(i)}, vp8Payload(true, true, 1, 1, 9))
		}
		eventually(t, "it is counted", func() bool { return e.count.unwanted.Load() > 1000 })
		cam.goesOn("the picture goes on", v, 100)
		checkContinuous(t, v.packets())
		if n := runtime.NumGoroutine(); n > goroutines+2*firstStreams {
			t.Errorf("%d goroutines became %d", goroutines, n)
		}
		if n := len(r.Publications()); n != 1 {
			t.Errorf("%d publications", n)
		}
	}
}

// TestAPublisherThatLies sends what its announcement forbids; those who watch
// somebody else do not notice, and those who watch it see it again once it
// behaves.
func TestAPublisherThatLies(t *testing.T) {
	e := newTestEngine(t)
	r := e.NewRoom("r")
	good := publish(t, r, "PA_good", "TR_1", true)
	liar := publish(t, r, "PA_liar", "TR_2", true)
	v := watch(t, r, "PA_v", "TR_1", true)
	victim := watch(t, r, "PA_w", "TR_2", false)
	good.film("the picture", seesLayer(v, 1))
	liar.film("the liar's picture", seesLayer(victim, 1))
	bomb := make([]byte, 200)
	for i := range 400 {
		for layer := range 2 {
			liar.timestamp += uint32(i * 7919)
			s := &liar.state[layer]
			switch i % 5 {
			case 0: // leaves packets out
				s.seq += uint16(i * 5)
			case 1: // keyframes without end
				liar.write(layer, false, vp8Payload(true, true, uint16(i), uint8(i), byte(layer)))
			case 2: // descriptors that end in the middle
				liar.write(layer, true, []byte{0x90, 0xff})
			case 3: // extensions that nobody negotiated
				h := rtp.Header{Version: 2, SequenceNumber: s.seq, Timestamp: liar.timestamp, Extension: true, ExtensionProfile: rtp.ExtensionProfileTwoByte}
				for id := range uint8(5) {
					_ = h.SetExtension(id+1, bomb)
				}
				_ = liar.layers[layer].WriteRTP(&rtp.Packet{Header: h, Payload: []byte{1}})
				s.seq++
			default: // nothing at all
				liar.write(layer, true, nil)
			}
		}
	}
	good.goesOn("the other picture goes on", v, 100)
	checkContinuous(t, v.packets())
	n := len(victim.packets())
	liar.film("the liar is seen again", func() bool {
		got := victim.packets()
		return len(got) > n+40 && len(got[len(got)-1].Payload) == 12
	})
}
