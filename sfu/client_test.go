package sfu

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of the tests.
const patience = 10 * time.Second

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func newTestEngine(t *testing.T) *Engine {
	t.Helper()
	e, err := NewEngine(Config{UDP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	waitFor(t, patience, what, ok)
}

func waitFor(t *testing.T, atMost time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(atMost)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// watcher is an observer that answers offers for a client and keeps the rest.
type watcher struct {
	mu          sync.Mutex
	client      *client
	published   []PublicationInfo
	data        map[DataKind][]string
	wanted      [2]int
	watched     [][]Quality // of the first rendition, each time
	renditions  [][]Quality // told last
	paused      []bool
	connections []Connection
	connected   int
	lost        int
}

func (w *watcher) OnOffer(text string)        { w.client.answer(text) }
func (w *watcher) OnCandidate(Target, string) {}
func (w *watcher) OnSectionsWanted(audio, video int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted[0] += audio
	w.wanted[1] += video
}
func (w *watcher) OnData(kind DataKind, payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.data[kind] = append(w.data[kind], string(payload))
}
func (w *watcher) OnPublished(info PublicationInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = append(w.published, info)
}
func (w *watcher) OnWatched(id TrackID, watched [][]Quality) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watched, w.renditions = append(w.watched, watched[0]), watched
}
func (w *watcher) OnStreamState(_ TrackID, paused bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused = append(w.paused, paused)
}
func (w *watcher) OnConnection(c Connection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connections = append(w.connections, c)
}
func (w *watcher) OnConnected() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connected++
}
func (w *watcher) OnInterrupted() {}
func (w *watcher) OnDisconnected(error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost++
}

func look[T any](w *watcher, f func() T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f()
}

// client is a participant's own side, made of plain pion.
type client struct {
	t    *testing.T
	peer *Peer
	see  *watcher
	up   *webrtc.PeerConnection // its offers
	down *webrtc.PeerConnection // the server's offers; nil in single mode

	mu       sync.Mutex
	channels map[string]*webrtc.DataChannel // open ones, the server's before ours
	ours     map[string]*webrtc.DataChannel
	got      []rtp.Packet // received video, in order of arrival
	tracks   []string     // stream ids
	plis     int
	nacks    int
	leaving  bool
}

// rawAPI makes PeerConnections without interceptors: what is received is what
// was sent, and nothing is repaired behind the test's back.
func rawAPI(t *testing.T) *webrtc.API {
	t.Helper()
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(testMedia(t)), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// testMedia are the codecs and extensions of the tests' clients.
func testMedia(t *testing.T) *webrtc.MediaEngine {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{playoutDelayURI, colorSpaceURI, sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI} {
		capability := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := media.RegisterHeaderExtension(capability, webrtc.RTPCodecTypeVideo); err != nil {
			t.Fatal(err)
		}
	}
	return media
}

func join(t *testing.T, r *Room, id ParticipantID, opts PeerOptions) *client {
	t.Helper()
	return joinWith(t, rawAPI(t), r, id, opts)
}

func joinWith(t *testing.T, api *webrtc.API, r *Room, id ParticipantID, opts PeerOptions) *client {
	t.Helper()
	c := &client{t: t, channels: map[string]*webrtc.DataChannel{}, ours: map[string]*webrtc.DataChannel{}}
	c.see = &watcher{client: c, data: map[DataKind][]string{}}
	var err error
	if c.up, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	c.watch(c.up)
	if !opts.Single {
		if c.down, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
			t.Fatal(err)
		}
		c.watch(c.down)
	}
	if c.peer, err = r.Join(id, opts, c.see); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.leave)
	return c
}

func (c *client) isLeaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leaving
}

func (c *client) leave() {
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	c.peer.Close()
	for _, pc := range []*webrtc.PeerConnection{c.up, c.down} {
		if pc != nil {
			if err := pc.GracefulClose(); err != nil {
				c.t.Error(err)
			}
		}
	}
}

func (c *client) watch(pc *webrtc.PeerConnection) {
	pc.OnDataChannel(c.keep)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		c.mu.Lock()
		c.tracks = append(c.tracks, track.StreamID())
		c.mu.Unlock()
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.got = append(c.got, *p)
			c.mu.Unlock()
		}
	})
}

func (c *client) keep(d *webrtc.DataChannel) {
	d.OnMessage(func(m webrtc.DataChannelMessage) {
		kind := Reliable
		if d.Label() == labelLossy {
			kind = Lossy
		}
		c.see.OnData(kind, m.Data)
	})
	d.OnOpen(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.channels[d.Label()] = d
	})
}

// openChannels makes the channels that the client's side makes.
func (c *client) openChannels() {
	c.t.Helper()
	none, unordered := uint16(0), false
	for label, init := range map[string]*webrtc.DataChannelInit{
		labelReliable: nil, labelLossy: {Ordered: &unordered, MaxRetransmits: &none},
	} {
		d, err := c.up.CreateDataChannel(label, init)
		if err != nil {
			c.t.Fatal(err)
		}
		c.keep(d)
		c.ours[label] = d
	}
}

// own is a channel that the client made.
func (c *client) own(label string) *webrtc.DataChannel { return c.ours[label] }

func (c *client) channel(label string) *webrtc.DataChannel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.channels[label]
}

// offer runs one offer/answer step from the client.
func (c *client) offer() map[string]TrackID {
	c.t.Helper()
	return c.offerWith(nil)
}

func (c *client) offerWith(options *webrtc.OfferOptions) map[string]TrackID {
	c.t.Helper()
	gathered := webrtc.GatheringCompletePromise(c.up)
	d, err := c.up.CreateOffer(options)
	if err == nil {
		err = c.up.SetLocalDescription(d)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	answer, mids, err := c.peer.Offer(c.up.LocalDescription().SDP)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.up.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatal(err)
	}
	return mids
}

// answer answers the server's offer.
func (c *client) answer(text string) {
	err := c.down.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text})
	var d webrtc.SessionDescription
	if err == nil {
		d, err = c.down.CreateAnswer(nil)
	}
	gathered := webrtc.GatheringCompletePromise(c.down)
	if err == nil {
		err = c.down.SetLocalDescription(d)
	}
	if err == nil {
		<-gathered
		err = c.peer.Answer(c.down.LocalDescription().SDP)
	}
	// A peer may be closed while its offer is being answered.
	if err != nil && !c.isLeaving() && !errors.Is(err, ErrClosed) {
		c.t.Error(err)
	}
}

// receiveVideo offers n sections to receive video in.
func (c *client) receiveVideo(n int) {
	c.t.Helper()
	for range n {
		if _, err := c.up.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		}); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *client) packets() []rtp.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]rtp.Packet(nil), c.got...)
}

func (c *client) keyframesAsked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plis
}

// camera publishes synthetic VP8 in two layers.
type camera struct {
	*client
	layers [2]*webrtc.TrackLocalStaticRTP // "h", "f"
	state  [2]struct {
		seq uint16
		id  uint16
		tl0 uint8
	}
	timestamp uint32
	ridID     uint8
	midID     uint8
	mid       string
	wantKey   [2]bool // guarded by client.mu
	told      [2]int  // bits per second; guarded by client.mu
}

var testLayers = []LayerSpec{
	{Quality: Mid, Width: 640, Height: 400, RID: "h"},
	{Quality: High, Width: 1280, Height: 800, RID: "f"},
}

func publish(t *testing.T, r *Room, id ParticipantID, track TrackID, single bool) *camera {
	t.Helper()
	c := join(t, r, id, PeerOptions{Single: single, MayPublish: true})
	return publishOn(t, c, track)
}

func publishOn(t *testing.T, c *client, track TrackID) *camera {
	t.Helper()
	return publishLayers(t, c, track, testLayers)
}

func publishLayers(t *testing.T, c *client, track TrackID, layers []LayerSpec) *camera {
	t.Helper()
	cam := &camera{client: c, timestamp: 4_000_000_000}
	if err := c.peer.Announce(TrackSpec{
		ID: track, Video: true, Width: 1280, Height: 800,
		Renditions: []RenditionSpec{{ClientID: "cid-" + string(track), Layers: layers}},
	}); err != nil {
		t.Fatal(err)
	}
	var sender *webrtc.RTPSender
	for i, rid := range []string{"h", "f"} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8},
			"cid-"+string(track), "stream", webrtc.WithRTPStreamID(rid))
		if err != nil {
			t.Fatal(err)
		}
		cam.layers[i] = track
		if i == 0 {
			if sender, err = c.up.AddTrack(track); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := sender.AddEncoding(track); err != nil {
			t.Fatal(err)
		}
	}
	cam.state[0].seq, cam.state[1].seq = 65500, 100
	cam.state[0].id, cam.state[1].id = 32760, 50
	c.offer()
	for i, rid := range []string{"h", "f"} {
		go cam.readRequests(sender, i, rid)
	}
	for _, e := range sender.GetParameters().HeaderExtensions {
		switch e.URI {
		case sdp.SDESMidURI:
			cam.midID = uint8(e.ID)
		case sdp.SDESRTPStreamIDURI:
			cam.ridID = uint8(e.ID)
		}
	}
	for _, tr := range c.up.GetTransceivers() {
		if tr.Sender() == sender {
			cam.mid = tr.Mid()
		}
	}
	eventually(t, "publisher connected", func() bool {
		return c.up.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	return cam
}

func (c *camera) readRequests(sender *webrtc.RTPSender, layer int, rid string) {
	for {
		packets, _, err := sender.ReadSimulcastRTCP(rid)
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication:
				c.mu.Lock()
				c.plis++
				c.wantKey[layer] = true
				c.mu.Unlock()
			case *rtcp.TransportLayerNack:
				c.mu.Lock()
				c.nacks++
				c.mu.Unlock()
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				c.heard(layer, p)
			}
		}
	}
}

// frame sends one frame of two packets on each layer given. A keyframe is sent
// where key says so.
func (c *camera) frame(key bool, layers ...int) {
	c.t.Helper()
	c.timestamp += 3000
	for _, i := range layers {
		s := &c.state[i]
		if key {
			s.tl0++
		}
		for part := range 2 {
			payload := vp8Payload(part == 0, key, s.id, s.tl0, byte(i))
			c.write(i, part == 1, payload)
		}
		s.id = (s.id + 1) & 0x7fff
	}
}

func (c *camera) write(layer int, marker bool, payload []byte) {
	c.t.Helper()
	s := &c.state[layer]
	p := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: marker, SequenceNumber: s.seq, Timestamp: c.timestamp,
		},
		Payload: payload,
	}
	rid := []string{"h", "f"}[layer]
	if err := p.SetExtension(c.midID, []byte(c.mid)); err != nil {
		c.t.Fatal(err)
	}
	if err := p.SetExtension(c.ridID, []byte(rid)); err != nil {
		c.t.Fatal(err)
	}
	s.seq++
	if err := c.layers[layer].WriteRTP(p); err != nil {
		c.t.Fatal(err)
	}
}

// film sends frames, with keyframes when asked for them, until ok.
func (c *camera) film(what string, ok func() bool) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			c.t.Fatalf("filmed in vain: %s", what)
		}
		c.mu.Lock()
		want := c.wantKey
		c.wantKey = [2]bool{}
		c.mu.Unlock()
		c.timestamp += 90
		start := c.timestamp
		for i := range 2 {
			c.timestamp = start - 3000 // both layers of a frame share its timestamp
			c.frame(want[i], i)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func vp8Payload(start, key bool, id uint16, tl0 uint8, mark byte) []byte {
	b := []byte{0x80, 0xe0, 0, 0, tl0, 0x20, 0x01, mark, 1, 2, 3, 4}
	if start {
		b[0] |= 0x10
		if key {
			b[6] = 0
		}
	}
	binary.BigEndian.PutUint16(b[2:], id|0x8000)
	return b
}
