package sfu

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// cable is a client's UDP socket that can be pulled out.
type cable struct {
	net.PacketConn
	isOut atomic.Bool
}

func (c *cable) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || !c.isOut.Load() {
			return n, from, err
		}
	}
}

func (c *cable) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.isOut.Load() {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, to)
}

// newCable makes clients that reach the server by the cable, or else by TCP.
func newCable(t *testing.T) (*cable, *webrtc.API) {
	t.Helper()
	udp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{PacketConn: udp}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: plainSocket{c}})
	t.Cleanup(func() { _ = mux.Close() })
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4})
	s.SetICEUDPMux(mux)
	return c, webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// plainSocket hides the faster methods of what is in it from the mux.
type plainSocket struct{ net.PacketConn }

// restart begins ICE anew, from whichever side offers what c receives.
func (c *client) restart() {
	c.t.Helper()
	if c.down != nil {
		if err := c.peer.RestartICE(); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	c.offerWith(&webrtc.OfferOptions{ICERestart: true})
}

// receiving is the connection that c receives on.
func (c *client) receiving() *webrtc.PeerConnection {
	if c.down != nil {
		return c.down
	}
	return c.up
}

// by is the protocol that c receives by, "" without a connection.
func (c *client) by() string {
	if c.receiving().ConnectionState() != webrtc.PeerConnectionStateConnected {
		return ""
	}
	pair, err := c.receiving().SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return ""
	}
	return pair.Remote.Protocol.String()
}

// comesBy says whether c receives by a protocol, to whoever asks until it does. Old
// are the names from before the restart under way. While both ways work, a client
// on a busy machine may name the one that it heard of first: then ICE is restarted.
func (c *client) comesBy(protocol string, old [2]string) func() bool {
	return func() bool {
		now, by := names(c.receiving()), c.by()
		if now[0] == old[0] || now[1] == old[1] || by == "" {
			return false
		}
		if by != protocol {
			old = now
			c.restart()
		}
		return by == protocol
	}
}

// names are the ICE user names of both ends of pc.
func names(pc *webrtc.PeerConnection) [2]string {
	return [2]string{line(pc.LocalDescription(), "a=ice-ufrag:"), line(pc.RemoteDescription(), "a=ice-ufrag:")}
}

func line(d *webrtc.SessionDescription, prefix string) string {
	if d == nil {
		return ""
	}
	for l := range strings.Lines(d.SDP) {
		if strings.HasPrefix(l, prefix) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

// TestAnICERestartKeepsThePicture restarts ICE of viewer and publisher: the same
// streams go on, by new names on both ends. What is sent while neither end knows
// the way is lost, and a browser asks for it again.
func TestAnICERestartKeepsThePicture(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		r := newTestEngine(t).NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", single)
		v := watch(t, r, "PA_v", "TR_1", single)
		cam.film("the picture", seesLayer(v, 1))
		goesOn := func(what string) {
			t.Helper()
			n := len(v.packets())
			cam.film(what, func() bool { return len(v.packets()) > n+40 })
		}
		for range 2 {
			before := names(v.receiving())
			v.restart()
			eventually(t, "new names", func() bool {
				now := names(v.receiving())
				return now[0] != before[0] && now[1] != before[1]
			})
			goesOn("the viewer's picture goes on")
		}
		before := names(cam.up)
		cam.offerWith(&webrtc.OfferOptions{ICERestart: true})
		if now := names(cam.up); now[0] == before[0] || now[1] == before[1] {
			t.Errorf("the publisher's names stayed: %v", now)
		}
		goesOn("the publisher's picture goes on")
		if n := look(v.see, func() int { return v.see.lost }) + look(cam.see, func() int { return cam.see.lost }); n > 0 {
			t.Error("a connection counted as lost")
		}
		if v.mu.Lock(); len(v.tracks) != 1 {
			t.Errorf("the viewer has tracks %v", v.tracks)
		}
		v.mu.Unlock()
	})
}

func TestAViewerMovesBetweenUDPAndTCP(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		e, err := NewEngine(Config{UDP: loopback, TCP: loopback})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		r := e.NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", true)
		wire, api := newCable(t)
		v := joinWith(t, api, r, "PA_v", PeerOptions{Single: single})
		if err := v.peer.Subscribe("TR_1"); err != nil {
			t.Fatal(err)
		}
		if single {
			v.openChannels()
			v.receiveVideo(1)
			v.offer()
		}
		for _, move := range []struct {
			isOut bool
			by    string
		}{{false, "udp"}, {true, "tcp"}, {false, "udp"}} {
			var before [2]string
			if wire.isOut.Swap(move.isOut) != move.isOut {
				before = names(v.receiving())
				v.restart()
			}
			cam.film("the picture by "+move.by, v.comesBy(move.by, before))
			n := len(v.packets())
			cam.film("the picture goes on by "+move.by, func() bool { return len(v.packets()) > n+40 })
		}
		if v.mu.Lock(); len(v.tracks) != 1 {
			t.Errorf("the viewer has tracks %v", v.tracks)
		}
		v.mu.Unlock()
	})
}
