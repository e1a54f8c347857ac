package socket

import (
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// peer makes a PeerConnection without interceptors, on a mux of conn.
func peer(t *testing.T, conn *Conn) *webrtc.PeerConnection {
	t.Helper()
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn})
	t.Cleanup(func() { _ = mux.Close() })
	settings.SetICEUDPMux(mux)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

func connect(t *testing.T, from, to *webrtc.PeerConnection) {
	t.Helper()
	describe := func(pc *webrtc.PeerConnection, make func() (webrtc.SessionDescription, error)) webrtc.SessionDescription {
		gathered := webrtc.GatheringCompletePromise(pc)
		sdp, err := make()
		if err == nil {
			err = pc.SetLocalDescription(sdp)
		}
		if err != nil {
			t.Fatal(err)
		}
		<-gathered
		return *pc.LocalDescription()
	}
	offer := describe(from, func() (webrtc.SessionDescription, error) { return from.CreateOffer(nil) })
	if err := to.SetRemoteDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer := describe(to, func() (webrtc.SessionDescription, error) { return to.CreateAnswer(nil) })
	if err := from.SetRemoteDescription(answer); err != nil {
		t.Fatal(err)
	}
}

// TestUnderPion connects two PeerConnections, whose ICE, DTLS and SRTP go
// through a Conn, and sends corked frames.
func TestUnderPion(t *testing.T) {
	const frames, packets = 50, 12
	conn := listen(t, "127.0.0.1:0", Options{})
	from, to := peer(t, conn), peer(t, listen(t, "127.0.0.1:0", Options{}))
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "display", "agent")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = from.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	from.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	received := make(chan *rtp.Packet, frames*packets)
	to.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			received <- p
		}
	})
	connect(t, from, to)
	select {
	case <-up:
	case <-time.After(20 * time.Second):
		t.Fatal("not connected")
	}
	number := uint16(0)
	for frame := range uint32(frames) {
		conn.Cork()
		for range packets {
			number++
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: number, Timestamp: frame * 3000}, Payload: make([]byte, 1100)}
			if err := track.WriteRTP(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for want := uint16(1); want <= number; want++ {
		select {
		case p := <-received:
			if p.SequenceNumber != want || len(p.Payload) != 1100 {
				t.Fatalf("received packet %d of %d bytes, want number %d", p.SequenceNumber, len(p.Payload), want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("packet %d did not arrive; %+v", want, conn.Stats())
		}
	}
	if s := conn.Stats(); conn.Mode() == Segmented && s.Segments != frames*packets || s.Dropped+s.Refused != 0 {
		t.Errorf("not every packet went as a segment: %+v", s)
	}
}
