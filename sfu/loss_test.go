package sfu

import (
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/packet"
)

// sink is a viewer's network, which may lose packets.
type sink struct {
	mu   sync.Mutex
	lose func(h *rtp.Header) bool
	got  []rtp.Packet
}

func (s *sink) write(h *rtp.Header, _ uint64, payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lose == nil || !s.lose(h) {
		s.got = append(s.got, rtp.Packet{Header: *h, Payload: append([]byte(nil), payload...)})
	}
	return nil
}

// openLane holds nothing back.
type openLane struct{}

func (openLane) Cork()        {}
func (openLane) Flush() error { return nil }

// stage sets a publication with one VP8 layer and its viewers up without a
// network. Their shard works when feed or work says so.
func stage(viewers int, stub func(i int) writer) (*layer, []*downTrack) {
	count := &counters{}
	on := newShard(0, openLane{}, count)
	peer := &Peer{id: "PA_cam", engine: &Engine{count: count, shards: []*shard{on}}}
	pub := newPublication(peer, TrackSpec{ID: "TR_1", Video: true, Renditions: make([]RenditionSpec, 1)})
	vp8 := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96,
	}
	rtx := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}, PayloadType: 97,
	}
	pub.renditions[0].codec = vp8.RTPCodecCapability
	l := newLayer(layerID{0, High}, packet.CodecVP8, 90000, videoSlots, count, []*shard{on})
	pub.renditions[0].layers.Store(&layerTable{High: l})
	downs := make([]*downTrack, viewers)
	for i := range downs {
		d := newDownTrack(pub, on, &path{}, count)
		d.writer, d.codecs = stub(i), []webrtc.RTPCodecParameters{vp8, rtx}
		d.header = rtp.Header{Version: 2, SSRC: uint32(1000 + i)}
		d.rtx.ssrc = uint32(5000 + i)
		if err := d.header.SetExtension(3, []byte{0, 0, 0}); err != nil {
			panic(err)
		}
		pub.downs[d] = struct{}{}
		downs[i] = d
	}
	return l, downs
}

func feed(l *layer, seq uint16, ts uint32, key, marker bool) {
	payload := vp8Payload(true, key, seq, 0, 1)
	l.receive(&packet.RTP{Sequence: seq, Timestamp: ts, Marker: marker, Payload: payload}, len(payload)+12, time.Now())
	work(l, time.Now())
}

// work lets the shard of a stage send what there is.
func work(l *layer, now time.Time) { l.audiences[0].shard.work(now) }

func TestALostPacketIsSentAgain(t *testing.T) {
	var s sink
	s.lose = func(h *rtp.Header) bool { return h.SSRC == 1000 && h.SequenceNumber == 3 }
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	for i := range uint16(6) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	if len(s.got) != 5 {
		t.Fatalf("%d packets came, want 5", len(s.got))
	}
	now := time.Now()
	nack := &rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{3})}
	d.hear(nack, now)
	work(l, now)
	d.hear(nack, now.Add(time.Millisecond)) // the first answer is still under way
	work(l, now.Add(time.Millisecond))
	if len(s.got) != 6 {
		t.Fatalf("%d packets after two requests, want 6", len(s.got))
	}
	p := s.got[5]
	if p.SSRC != 5000 || p.PayloadType != 97 || binary.BigEndian.Uint16(p.Payload) != 3 {
		t.Fatalf("not an RTX packet for 3: %+v", p.Header)
	}
	if vp8, _ := packet.ParseVP8(p.Payload[2:]); vp8.PictureID != 3 {
		t.Fatalf("picture %d was sent again, want 3", vp8.PictureID)
	}
	d.hear(nack, now.Add(time.Second))
	work(l, now.Add(time.Second))
	if len(s.got) != 7 || s.got[6].SequenceNumber != p.SequenceNumber+1 {
		t.Fatal("a later request was not answered with the next RTX packet")
	}
	d.hear(&rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{900, 60000})}, now)
	work(l, now)
	if len(s.got) != 7 {
		t.Fatal("something that was never sent was sent again")
	}
}

// A line that is known to be thin is not filled with what it lost.
func TestRetransmissionKeepsThePace(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	for i := range uint16(300) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	sent := len(s.got)
	now := time.Now()
	d.path.pace.set(100_000, now.Add(-time.Second)) // 8 kB at once
	for seq := uint16(2); seq <= 300; seq++ {
		d.hear(&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: seq}}}, now)
		work(l, now)
	}
	if again := len(s.got) - sent; again == 0 || again > minPaceBurst/overhead {
		t.Errorf("%d packets were sent again at once", again)
	}
	later := now.Add(time.Second)
	sent = len(s.got)
	d.hear(&rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{300})}, later)
	work(l, later)
	if len(s.got) != sent+1 {
		t.Error("nor later")
	}
}

// What came before the keyframe that a viewer was given last is of no use any
// more.
func TestWhatAKeyframeReplacedIsNotSentAgain(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	for i := range uint16(5) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	d.current, d.target = nil, l // a new start
	for i := uint16(5); i < 10; i++ {
		feed(l, i+1, uint32(i)*3000, i == 5, true)
	}
	sent, now := len(s.got), time.Now()
	d.hear(&rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{4, 7})}, now)
	work(l, now)
	if len(s.got) != sent+1 || binary.BigEndian.Uint16(s.got[sent].Payload) != 7 {
		t.Errorf("%d packets were sent again, want the one after the keyframe", len(s.got)-sent)
	}
}

func TestRetransmissionHasABudget(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	downs[0].activate()
	for i := range uint16(800) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	sent := len(s.got)
	now := time.Now()
	for seq := uint16(1); seq <= 800; seq++ {
		downs[0].hear(&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: seq}}}, now)
		work(l, now)
	}
	if again := len(s.got) - sent; again > resendBurst+1 {
		t.Fatalf("%d packets were sent again at once, at most %d may be", again, resendBurst)
	}
}

func TestALatePacketFindsItsPlace(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	downs[0].activate()
	feed(l, 10, 0, true, true)
	feed(l, 12, 6000, false, true)
	feed(l, 11, 3000, false, true)
	feed(l, 11, 3000, false, true)
	if len(s.got) != 3 || s.got[1].SequenceNumber != s.got[0].SequenceNumber+2 || s.got[2].SequenceNumber != s.got[0].SequenceNumber+1 {
		t.Fatalf("sent %v", s.got)
	}
}

type brokenWriter struct{}

func (brokenWriter) write(*rtp.Header, uint64, []byte) error { return errors.New("gone") }

func TestABrokenViewerHarmsNobody(t *testing.T) {
	var s sink
	l, downs := stage(2, func(i int) writer {
		if i == 0 {
			return brokenWriter{}
		}
		return &s
	})
	for _, d := range downs {
		d.activate()
	}
	feed(l, 1, 0, true, true)
	feed(l, 2, 3000, false, true)
	if len(s.got) != 2 {
		t.Fatalf("%d packets, want 2", len(s.got))
	}
}

// TestLossOnTheWire loses packets between sfu and a real viewer, whose NACKs
// have to bring them back.
func TestLossOnTheWire(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	v := watch(t, r, "PA_v", "TR_1", true)
	cam.film("the full layer", seesLayer(v, 1))
	d := v.peer.subscriptions()[0].down
	d.mu.Lock()
	wire := d.writer
	if d.direct == nil {
		t.Error("packets go through pion")
	}
	lost := map[uint16]bool{}
	d.writer = writerFunc(func(h *rtp.Header, index uint64, payload []byte) error {
		if h.SSRC == d.header.SSRC && h.SequenceNumber%5 == 0 && !lost[h.SequenceNumber] {
			lost[h.SequenceNumber] = true
			return nil
		}
		return wire.write(h, index, payload)
	})
	ssrc := d.header.SSRC
	d.mu.Unlock()
	v.mu.Lock()
	v.got = nil
	v.mu.Unlock()
	for range 20 {
		cam.frame(false, 0, 1)
	}
	end := cam.timestamp
	complete := func() bool {
		seen := map[uint16]bool{}
		var lowest, highest uint16
		done := false
		for i, p := range v.packets() {
			seen[p.SequenceNumber] = true
			if i == 0 || int16(p.SequenceNumber-lowest) < 0 {
				lowest = p.SequenceNumber
			}
			if i == 0 || int16(p.SequenceNumber-highest) > 0 {
				highest = p.SequenceNumber
			}
			done = done || p.Timestamp == end
		}
		var missing []uint16
		for s := lowest; s != highest; s++ {
			if !seen[s] {
				missing = append(missing, s)
			}
		}
		if len(missing) > 0 {
			_ = v.up.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
				MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing),
			}})
			time.Sleep(5 * time.Millisecond)
			cam.frame(false, 0, 1) // pion delivers RTX with the next packet
			end = cam.timestamp
		}
		return done && len(missing) == 0 && len(seen) > 30
	}
	eventually(t, "everything lost came back", complete)
	if n := r.engine.count.retransmits.Load(); n == 0 {
		t.Error("nothing was sent again")
	}
}

type writerFunc func(*rtp.Header, uint64, []byte) error

func (f writerFunc) write(h *rtp.Header, index uint64, p []byte) error { return f(h, index, p) }

// inAt is the newest packet of l with other VP8 counters, for a segment that
// has to rewrite them.
func inAt(l *layer) munge.In {
	l.ring.RLock()
	defer l.ring.RUnlock()
	p := l.ring.At(l.ring.Head())
	vp8 := p.VP8
	vp8.PictureID += 1000
	return munge.In{Index: p.Index + 1, Timestamp: p.Timestamp + 3000, VP8: &vp8}
}

// TestSteadyStateAllocatesNothing holds the packet path to what it promises.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	l, downs := stage(10, func(int) writer { return nowhere{} })
	for _, d := range downs {
		d.activate()
	}
	feed(l, 0, 0, true, true)
	payload := make([]byte, 1200)
	copy(payload, vp8Payload(true, false, 7, 1, 1))
	p := packet.RTP{Marker: true, Payload: payload}
	now := time.Now()
	if allocs := testing.AllocsPerRun(1000, func() {
		p.Sequence++
		p.Timestamp += 3000
		l.receive(&p, 1212, now)
		work(l, now)
	}); allocs != 0 {
		t.Fatalf("%.1f allocations per packet", allocs)
	}
}
