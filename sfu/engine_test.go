package sfu

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// answerTo is the answer of a fresh peer of e to a client with data channels.
func answerTo(t *testing.T, e *Engine) string {
	t.Helper()
	c := join(t, e.NewRoom("r"), "PA_1", PeerOptions{Single: true})
	c.openChannels()
	d, err := c.up.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := c.peer.Offer(d.SDP)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func candidates(answer string) (lines []string) {
	for line := range strings.Lines(answer) {
		if strings.HasPrefix(line, "a=candidate:") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestOnlyTheBoundAddressIsAnnounced(t *testing.T) {
	e := newTestEngine(t)
	got := candidates(answerTo(t, e))
	for _, line := range got {
		if !strings.Contains(line, " 127.0.0.1 ") {
			t.Errorf("announced %s", line)
		}
	}
	if len(got) == 0 || e.UDPAddr().Port() == 0 {
		t.Error("nothing was announced")
	}
}

func TestExternalAddressesReplaceLocalOnes(t *testing.T) {
	e, err := NewEngine(Config{UDP: loopback, ExternalIPs: []netip.Addr{netip.MustParseAddr("203.0.113.7")}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	for _, line := range candidates(answerTo(t, e)) {
		if !strings.Contains(line, " 203.0.113.7 ") {
			t.Errorf("announced %s", line)
		}
	}
}

func TestWhoWantsTCPGetsNothingElse(t *testing.T) {
	e, err := NewEngine(Config{UDP: loopback, TCP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	c := join(t, e.NewRoom("r"), "PA_1", PeerOptions{Single: true, TCP: true})
	c.openChannels()
	d, err := c.up.CreateOffer(nil)
	if err == nil {
		err = c.up.SetLocalDescription(d)
	}
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := c.peer.Offer(d.SDP)
	if err != nil {
		t.Fatal(err)
	}
	all := candidates(answer)
	for _, line := range all {
		if !strings.Contains(line, " tcp ") {
			t.Errorf("offered %s", line)
		}
	}
	if len(all) == 0 {
		t.Errorf("no candidate in\n%s", answer)
	}
	if err := c.up.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "connected", func() bool {
		return c.up.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
}

func TestICEOverTCP(t *testing.T) {
	e, err := NewEngine(Config{UDP: loopback, TCP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	c := join(t, e.NewRoom("r"), "PA_1", PeerOptions{Single: true})
	c.openChannels()
	gathered := webrtc.GatheringCompletePromise(c.up)
	d, err := c.up.CreateOffer(nil)
	if err == nil {
		err = c.up.SetLocalDescription(d)
	}
	if err != nil {
		t.Fatal(err)
	}
	<-gathered
	withoutCandidates := strings.ReplaceAll(c.up.LocalDescription().SDP, "a=candidate", "a=x-candidate")
	answer, _, err := c.peer.Offer(withoutCandidates)
	if err != nil {
		t.Fatal(err)
	}
	var overTCP strings.Builder
	for line := range strings.Lines(answer) {
		if !strings.HasPrefix(line, "a=candidate:") || strings.Contains(line, " tcp ") {
			overTCP.WriteString(line)
		}
	}
	if len(candidates(overTCP.String())) == 0 {
		t.Fatalf("no TCP candidate in\n%s", answer)
	}
	if err := c.up.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: overTCP.String()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "connected over TCP", func() bool {
		return c.up.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
}

func TestMetricsComeAndGo(t *testing.T) {
	registry := prometheus.NewRegistry()
	for range 2 { // a second engine may use the registry after the first
		e, err := NewEngine(Config{UDP: loopback, Metrics: registry})
		if err != nil {
			t.Fatal(err)
		}
		join(t, e.NewRoom("r"), "PA_1", PeerOptions{Single: true})
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range families {
			if f.GetName() == "easel_sfu_peers" {
				found = f.GetMetric()[0].GetGauge().GetValue() == 1
			}
		}
		if !found {
			t.Error("easel_sfu_peers is not 1")
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewEngine(Config{}); err == nil {
		t.Error("an engine without an address")
	}
}
