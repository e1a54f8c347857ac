package detour

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/bench/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	host  = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"
	srflx = "candidate:2 1 udp 1694498815 1.2.3.4 7882 typ srflx raddr 0.0.0.0 rport 7882"
	tcp   = "candidate:3 1 tcp 1671430143 127.0.0.1 7881 typ host tcptype passive"
	sdp   = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=" + host + "\r\na=" + srflx + "\r\na=" + tcp + "\r\na=mid:0\r\n"
)

func toRelay(netip.AddrPort) (netip.AddrPort, error) {
	return netip.MustParseAddrPort("127.0.0.1:9999"), nil
}

func TestServersCandidatesBecomeTheRelays(t *testing.T) {
	got := mapCandidates(sdp, func(c string) (string, bool) { return reroute(c, toRelay) })
	want := "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9999 typ host\r\na=mid:0\r\n"
	if got != want {
		t.Errorf("%q", got)
	}
	if got := mapCandidates(sdp, none); strings.Contains(got, "candidate") {
		t.Errorf("left: %q", got)
	}
}

func TestTrickledCandidates(t *testing.T) {
	relayed := func(c string) (string, bool) { return reroute(c, toRelay) }
	got, ok := rerouteTrickle(`{"candidate":"`+host+`","sdpMid":"0"}`, relayed)
	if !ok || !strings.Contains(got, "9999") || !strings.Contains(got, `"sdpMid":"0"`) {
		t.Errorf("%s, %v", got, ok)
	}
	for _, bad := range []string{`{"candidate":"` + tcp + `"}`, "nonsense", "{}", `{"candidate":5}`} {
		if got, ok := rerouteTrickle(bad, relayed); ok {
			t.Errorf("%s passed as %s", bad, got)
		}
	}
	if got, ok := rerouteTrickle(`{"candidate":""}`, relayed); !ok || got != `{"candidate":""}` {
		t.Errorf("end of candidates: %s, %v", got, ok)
	}
}

func wrapped(t testing.TB) string {
	t.Helper()
	inner, err := proto.Marshal(&livekit.JoinRequest{PublisherOffer: &livekit.SessionDescription{Type: "offer", Sdp: sdp}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(&livekit.WrappedJoinRequest{JoinRequest: inner})
	if err != nil {
		t.Fatal(err)
	}
	return base64.URLEncoding.EncodeToString(raw)
}

func TestJoinRequestLosesItsCandidates(t *testing.T) {
	out, err := joinRequest(wrapped(t))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.URLEncoding.DecodeString(out)
	if err != nil || strings.Contains(string(raw), "candidate") || !strings.Contains(string(raw), "a=mid:0") {
		t.Errorf("%q, %v", raw, err)
	}
	if _, err := joinRequest("*"); !errors.Is(err, ErrMessage) {
		t.Errorf("nonsense: %v", err)
	}
}

// TestProxyLeadsMediaThroughARelay stands a server behind the proxy that
// answers with a candidate, and sends a packet to what the client is told.
func TestProxyLeadsMediaThroughARelay(t *testing.T) {
	media, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = media.Close() }()
	answer, err := proto.Marshal(&livekit.SignalResponse{Message: &livekit.SignalResponse_Answer{Answer: &livekit.SessionDescription{
		Sdp: "a=candidate:1 1 udp 1 " + strings.Replace(media.LocalAddr().String(), ":", " ", 1) + " typ host\r\n",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			_, _ = w.Write([]byte(r.Host))
			return
		}
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.WriteMessage(websocket.BinaryMessage, answer)
		_, _, _ = c.ReadMessage()
	}))
	defer server.Close()
	p, err := Open(server.URL, relay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, _, err := websocket.DefaultDialer.DialContext(t.Context(), p.URL()+"/rtc/v1?join_request="+wrapped(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, raw, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	m := &livekit.SignalResponse{}
	if err := proto.Unmarshal(raw, m); err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(m.GetAnswer().GetSdp())
	told := net.JoinHostPort(f[4], f[5])
	if told == media.LocalAddr().String() {
		t.Fatal("told the server's own address")
	}
	client, err := net.Dial("udp", told)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 16)
	if n, _, err := media.ReadFrom(buffer); err != nil || string(buffer[:n]) != "hello" {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	if up, _ := p.Verdict(); up.Passed != 1 {
		t.Errorf("%+v", up)
	}
}

func FuzzJoinRequest(f *testing.F) {
	f.Add(wrapped(f))
	f.Add("")
	f.Add("////")
	f.Fuzz(func(t *testing.T, param string) {
		if out, err := joinRequest(param); err == nil {
			if _, err := joinRequest(out); err != nil {
				t.Errorf("own output refused: %v", err)
			}
		}
	})
}

func FuzzMessages(f *testing.F) {
	for _, m := range []proto.Message{
		&livekit.SignalResponse{Message: &livekit.SignalResponse_Answer{Answer: &livekit.SessionDescription{Sdp: sdp}}},
		&livekit.SignalResponse{Message: &livekit.SignalResponse_Trickle{Trickle: &livekit.TrickleRequest{CandidateInit: `{"candidate":"` + host + `"}`}}},
		&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Sdp: sdp}}},
	} {
		raw, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _, _ = fromServer(raw, toRelay)
		_, _, _ = fromClient(raw)
	})
}
