package sfu

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestBadInputIsRefusedAndHarmsNothing(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	v := join(t, r, "PA_v", PeerOptions{Single: true})
	for _, bad := range []string{
		"", "v=0", strings.Repeat("x", MaxSDP+1),
		"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
		"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
		"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n",
		"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendrecv\r\n",
	} {
		if _, _, err := v.peer.Offer(bad); err == nil {
			t.Errorf("an offer of %.40q was taken", bad)
		}
	}
	if err := v.peer.Answer("v=0"); !errors.Is(err, ErrState) {
		t.Errorf("an answer to nothing: %v", err)
	}
	if err := v.peer.Subscribe("TR_none"); !errors.Is(err, ErrNoTrack) {
		t.Errorf("subscribing to nothing: %v", err)
	}
	if err := v.peer.Announce(TrackSpec{ID: "TR_2", Renditions: make([]RenditionSpec, 1)}); !errors.Is(err, ErrRefused) {
		t.Errorf("a viewer announced a track: %v", err)
	}
	if _, err := r.Join("PA_v", PeerOptions{}, v.see); !errors.Is(err, ErrConflict) {
		t.Errorf("a second PA_v: %v", err)
	}
	if err := v.peer.Subscribe("TR_1"); err != nil {
		t.Fatal(err)
	}
	v.openChannels()
	v.receiveVideo(1)
	v.offer()
	cam.film("the picture comes all the same", seesLayer(v, 1))
	if _, _, err := v.peer.Offer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:77\r\n"); err == nil {
		t.Error("a foreign offer was taken")
	}
	v.offer()
	n := len(v.packets())
	cam.film("and goes on", func() bool { return len(v.packets()) > n+10 })
}

func TestCandidatesWaitAndAreBounded(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_1", PeerOptions{Single: true})
	candidate := webrtc.ICECandidateInit{Candidate: "candidate:1 1 udp 2130706431 127.0.0.1 9 typ host"}
	for range MaxCandidates {
		if err := c.peer.AddCandidate(Publisher, candidate); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.peer.AddCandidate(Publisher, candidate); !errors.Is(err, ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	c.openChannels()
	c.offer()
	if err := c.peer.AddCandidate(Publisher, webrtc.ICECandidateInit{Candidate: "candidate:nonsense"}); err == nil {
		t.Error("nonsense was taken for a candidate")
	}
}

func TestTracksAreBounded(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_1", PeerOptions{Single: true, MayPublish: true})
	for i := range MaxTracks {
		if err := c.peer.Announce(TrackSpec{ID: TrackID(fmt.Sprint("TR_", i)), Renditions: make([]RenditionSpec, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.peer.Announce(TrackSpec{ID: "TR_more", Renditions: make([]RenditionSpec, 1)}); !errors.Is(err, ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	if err := c.peer.Unpublish("TR_0"); err != nil {
		t.Fatal(err)
	}
	if err := c.peer.Announce(TrackSpec{ID: "TR_1", Renditions: make([]RenditionSpec, 1)}); !errors.Is(err, ErrConflict) {
		t.Errorf("a sid twice: %v", err)
	}
}

func TestClosingTwiceAndOutOfOrder(t *testing.T) {
	e := newTestEngine(t)
	r := e.NewRoom("r")
	c := join(t, r, "PA_1", PeerOptions{})
	if err := c.peer.Negotiate(); err != nil {
		t.Fatal(err)
	}
	c.peer.Close()
	c.peer.Close()
	r.Close()
	r.Close()
	if _, err := r.Join("PA_2", PeerOptions{}, c.see); !errors.Is(err, ErrClosed) {
		t.Errorf("joined a closed room: %v", err)
	}
	if err := c.peer.Negotiate(); !errors.Is(err, ErrClosed) {
		t.Errorf("negotiated when closed: %v", err)
	}
}

// FuzzOffer throws descriptions at a peer: it answers or refuses, and lives.
func FuzzOffer(f *testing.F) {
	f.Add("")
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:aaaa\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\na=fingerprint:sha-256 00:11\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n")
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ssrc-group:SIM 1 2\r\na=ssrc:1 msid:a b\r\na=ssrc:2 msid:a b\r\n")
	e, err := NewEngine(Config{UDP: loopback})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = e.Close() })
	r := e.NewRoom("fuzz")
	f.Fuzz(func(t *testing.T, sdp string) {
		p, err := r.Join("PA_1", PeerOptions{Single: true, MayPublish: true}, &watcher{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_, _, _ = p.Offer(sdp)
		_ = p.AddCandidate(Publisher, webrtc.ICECandidateInit{Candidate: sdp})
	})
}
