package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

var (
	vp9 = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP9, ClockRate: 90000, SDPFmtpLine: "profile-id=0"}
	vp8 = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
)

// onlyVP8 makes PeerConnections that know VP8 and no other codec.
func onlyVP8(t *testing.T) *webrtc.API {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: 120}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// projector publishes one picture in VP9, large, and in VP8, in two sizes, and
// answers requests for keyframes. What it sends is one packet a frame.
type projector struct {
	*client
	reels []*reel
}

// reel is one layer of a projector's.
type reel struct {
	track    *webrtc.TrackLocalStaticRTP
	rid      string
	vp9      bool
	sequence uint16
	ids      struct{ mid, rid, colour uint8 }
	mid      string
}

// projected are the projector's layers, whose bitrates follow the audience.
var projected = []LayerSpec{
	{Quality: Mid, Width: 640, Height: 400, RID: "h", BitsPerSecond: 800_000},
	{Quality: High, Width: 1280, Height: 800, RID: "f", BitsPerSecond: 3_500_000},
}

func project(t *testing.T, r *Room) *projector {
	t.Helper()
	c := join(t, r, "PA_projector", PeerOptions{Single: true, MayPublish: true, Follows: true})
	if err := c.peer.Announce(TrackSpec{ID: "TR_1", Video: true, Width: 1280, Height: 800, Renditions: []RenditionSpec{
		{Codec: vp9, ClientID: "cid-vp9", Layers: projected[1:]},
		{Codec: vp8, ClientID: "cid-vp8", Layers: projected},
	}}); err != nil {
		t.Fatal(err)
	}
	p := &projector{client: c}
	for _, section := range []struct {
		codec webrtc.RTPCodecCapability
		cid   string
		rids  []string
	}{{vp9, "cid-vp9", []string{""}}, {vp8, "cid-vp8", []string{"h", "f"}}} {
		var sender *webrtc.RTPSender
		for _, rid := range section.rids {
			var named []func(*webrtc.TrackLocalStaticRTP)
			if rid != "" {
				named = append(named, webrtc.WithRTPStreamID(rid))
			}
			track, err := webrtc.NewTrackLocalStaticRTP(section.codec, section.cid, "stream", named...)
			if err != nil {
				t.Fatal(err)
			}
			if sender == nil {
				sender, err = c.up.AddTrack(track)
			} else {
				err = sender.AddEncoding(track)
			}
			if err != nil {
				t.Fatal(err)
			}
			p.reels = append(p.reels, &reel{track: track, rid: rid, vp9: section.codec.MimeType == vp9.MimeType})
		}
	}
	c.offer()
	at := 0
	for _, tr := range c.up.GetTransceivers() {
		for range len(tr.Sender().GetParameters().Encodings) {
			s := p.reels[at]
			s.mid = tr.Mid()
			for _, e := range tr.Sender().GetParameters().HeaderExtensions {
				switch e.URI {
				case "urn:ietf:params:rtp-hdrext:sdes:mid":
					s.ids.mid = uint8(e.ID)
				case "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id":
					s.ids.rid = uint8(e.ID)
				case colorSpaceURI:
					s.ids.colour = uint8(e.ID)
				}
			}
			at++
			go func() {
				for {
					read := func() ([]rtcp.Packet, interceptor.Attributes, error) { return tr.Sender().ReadRTCP() }
					if s.rid != "" {
						read = func() ([]rtcp.Packet, interceptor.Attributes, error) { return tr.Sender().ReadSimulcastRTCP(s.rid) }
					}
					if _, _, err := read(); err != nil {
						return
					}
				}
			}()
		}
	}
	eventually(t, "projector connected", func() bool {
		return c.up.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	return p
}

// show sends keyframes of what is watched until ok, once at least.
func (p *projector) show(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for sent := false; !sent || !ok(); sent = true {
		if time.Now().After(deadline) {
			p.t.Fatalf("shown in vain: %s", what)
		}
		watched := look(p.see, func() [][]Quality { return p.see.renditions })
		timestamp := uint32(time.Now().UnixMicro() / 1000 * 90)
		for i, s := range p.reels {
			layer := []struct {
				rendition int
				quality   Quality
			}{{0, High}, {1, Mid}, {1, High}}[i]
			if watched == nil && layer.rendition == 0 || watched != nil && slices.Contains(watched[layer.rendition], layer.quality) {
				s.send(p.t, timestamp, byte(i))
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *reel) send(t *testing.T, timestamp uint32, mark byte) {
	s.sequence++
	packet := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: s.sequence, Timestamp: timestamp}}
	if packet.Payload = vp8Payload(true, true, s.sequence, 0, mark); s.vp9 {
		packet.Payload = []byte{0x0c, 0x82, mark}
	}
	values := map[uint8][]byte{s.ids.mid: []byte(s.mid)}
	if s.rid != "" {
		values[s.ids.rid] = []byte(s.rid)
	}
	if s.vp9 && s.ids.colour != 0 {
		values[s.ids.colour] = []byte{1, 13, 0, 0x20}
	}
	for id, value := range values {
		if err := packet.SetExtension(id, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.track.WriteRTP(packet); err != nil {
		t.Fatal(err)
	}
}

// newest is what a viewer's newest packet is: VP9 or VP8, and of which layer.
func newest(c *client) (isVP9 bool, mark byte) {
	got := c.packets()
	if len(got) == 0 {
		return false, 0xff
	}
	payload := got[len(got)-1].Payload
	if len(payload) == 3 {
		return true, payload[2]
	}
	return false, payload[7]
}

func viewerOf(t *testing.T, api *webrtc.API, r *Room, id ParticipantID, single bool) *client {
	t.Helper()
	c := joinWith(t, api, r, id, PeerOptions{Single: single})
	if err := c.peer.Subscribe("TR_1"); err != nil {
		t.Fatal(err)
	}
	if single {
		c.receiveVideo(1)
		c.offer()
	}
	return c
}

// Everyone gets the best that they can decode, in one room at one time; what
// nobody watches is not asked for.
func TestEachViewerGetsWhatTheyCanDecode(t *testing.T) {
	for _, single := range []bool{true, false} {
		r := newTestEngine(t).NewRoom("cinema")
		p := project(t, r)
		p.show("published", func() bool { return len(look(p.see, func() []PublicationInfo { return p.see.published })) > 0 })

		able := viewerOf(t, rawAPI(t), r, "PA_able", single)
		p.show("VP9 for who can", func() bool { isVP9, _ := newest(able); return isVP9 })
		if told := look(p.see, func() [][]Quality { return p.see.renditions }); told != nil && len(told[1]) > 0 {
			t.Errorf("VP8 was asked for, which nobody watches: %v", told)
		}

		old := viewerOf(t, onlyVP8(t), r, "PA_old", single)
		p.show("VP8 for who cannot", func() bool { _, mark := newest(old); return mark == 2 })
		n := len(able.packets())
		p.show("both at once", func() bool { isVP9, _ := newest(able); return isVP9 && len(able.packets()) > n+3 })
		if isVP9, _ := newest(old); isVP9 {
			t.Error("VP9 for who cannot decode it")
		}

		old.leave()
		p.show("VP8 is not wanted any more", func() bool {
			told := look(p.see, func() [][]Quality { return p.see.renditions })
			return len(told) == 2 && len(told[0]) == 1 && len(told[1]) == 0
		})

		// A thumbnail comes in another codec, in the same stream.
		before := able.packets()
		if err := able.peer.Prefer("TR_1", Preference{MaxQuality: High, Width: 320, Height: 200}); err != nil {
			t.Fatal(err)
		}
		p.show("a thumbnail in VP8", func() bool { _, mark := newest(able); return mark == 1 })
		if err := able.peer.Prefer("TR_1", Preference{MaxQuality: High}); err != nil {
			t.Fatal(err)
		}
		p.show("VP9 again", func() bool { isVP9, _ := newest(able); return isVP9 })
		after := able.packets()
		for i, packet := range after[1:] {
			last := after[i]
			if packet.SSRC != before[0].SSRC || packet.SequenceNumber != last.SequenceNumber+1 || int32(packet.Timestamp-last.Timestamp) <= 0 {
				t.Fatalf("packet %d: %+v after %+v", i+1, packet.Header, last.Header)
			}
			if isVP9 := len(packet.Payload) == 3; isVP9 == (packet.PayloadType == after[0].PayloadType) != (len(after[0].Payload) == 3) {
				t.Fatalf("packet %d: payload type %d for VP9 %v", i+1, packet.PayloadType, isVP9)
			}
		}
	}
}

// A line that is too thin for the best codec, which comes in one size, gets the
// small layer of another, though nobody had it sent before; and the best again
// once it fits.
func TestAThinLineGetsALayerThatWasNeverSent(t *testing.T) {
	r := newTestEngine(t).NewRoom("cinema")
	p := project(t, r)
	v := viewerOf(t, rawAPI(t), r, "PA_thin", true)
	p.show("VP9", func() bool { isVP9, _ := newest(v); return isVP9 })
	r.publications()[0].each(func(l *layer) { l.meter.needed.Store(3_000_000) }) // as when something moves
	v.carries(300_000)
	p.show("a smaller picture in VP8", func() bool { _, mark := newest(v); return mark == 1 })
	p.show("VP9 is not wanted any more", func() bool {
		told := look(p.see, func() [][]Quality { return p.see.renditions })
		return len(told) == 2 && len(told[0]) == 0 && slices.Equal(told[1], []Quality{Mid})
	})
	v.carries(5_000_000)
	p.show("VP9 again", func() bool { isVP9, _ := newest(v); return isVP9 })
	if paused := look(v.see, func() []bool { return v.see.paused }); len(paused) > 0 {
		t.Errorf("paused on the way: %v", paused)
	}
}

// The publisher's word on colours reaches who negotiated it.
func TestColourIsPassedOn(t *testing.T) {
	r := newTestEngine(t).NewRoom("cinema")
	p := project(t, r)
	v := viewerOf(t, rawAPI(t), r, "PA_able", true)
	p.show("VP9", func() bool { isVP9, _ := newest(v); return isVP9 })
	id := uint8(0)
	for _, tr := range v.up.GetTransceivers() {
		for _, e := range tr.Receiver().GetParameters().HeaderExtensions {
			if e.URI == colorSpaceURI {
				id = uint8(e.ID)
			}
		}
	}
	got := v.packets()
	if value := got[len(got)-1].GetExtension(id); !slices.Equal(value, []byte{1, 13, 0, 0x20}) {
		t.Errorf("colour under id %d: % x", id, value)
	}
}

// A publisher that promises a codec and does not send it costs its viewers some
// seconds, not the picture.
func TestAMissingRenditionIsPassedOver(t *testing.T) {
	count := &counters{}
	on := newShard(0, openLane{}, count)
	peer := &Peer{id: "PA_cam", engine: &Engine{count: count, shards: []*shard{on}}, events: newEvents(&watcher{})}
	pub := newPublication(peer, TrackSpec{ID: "TR_1", Video: true, Renditions: []RenditionSpec{
		{Codec: vp9, ClientID: "a", Layers: testLayers}, {Codec: vp8, Layers: testLayers},
	}})
	d := newDownTrack(pub, on, &path{}, count)
	if err := pub.add(d); err != nil {
		t.Fatal(err)
	}
	chosen := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.view(true)[High].rendition
	}
	d.expect([]webrtc.RTPCodecParameters{{RTPCodecCapability: vp9}, {RTPCodecCapability: vp8}})
	first, second := pub.renditions[0], pub.renditions[1]
	if chosen() != 0 || first.awaited.Load() == 0 || second.awaited.Load() != 0 {
		t.Fatalf("rendition %d, awaited since %d and %d", chosen(), first.awaited.Load(), second.awaited.Load())
	}
	first.awaited.Add(-2 * int64(mediaPatience))
	d.retarget()
	if chosen() != 1 || !d.needs.has(layerID{1, High}) {
		t.Fatalf("rendition %d, needs %b", chosen(), d.needs)
	}
	first.attach(&uplink{peer: peer, mid: "0", rid: "f"}, vp9)
	if chosen() != 0 || !d.needs.has(layerID{0, High}) {
		t.Fatalf("rendition %d, needs %b, though it came", chosen(), d.needs)
	}
}
