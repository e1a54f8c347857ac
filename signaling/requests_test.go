package signaling_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/token"
)

func asClose(err error, target **websocket.CloseError) bool { return errors.As(err, target) }

func TestRefusedRequests(t *testing.T) {
	h := open(t, func(c *signaling.Config) { c.Limits.JoinRequestBytes = 4 << 10 })
	good := h.token("someone", room.Viewer)
	foreign, err := token.Mint("otherkey", testSecret, token.Grant{Room: "studio", Identity: "i", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	noJoin, err := auth.NewAccessToken(testKey, testSecret).SetIdentity("i").
		SetVideoGrant(&auth.VideoGrant{Room: "studio"}).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	bomb := joinQuery(t, &livekit.JoinRequest{Metadata: strings.Repeat("a", 1<<20)}, true)
	for name, tc := range map[string]struct {
		path   string
		params url.Values
		status int
		text   string
	}{
		"no token":            {"/rtc/validate", url.Values{}, 401, "missing"},
		"garbage token":       {"/rtc/validate", url.Values{"access_token": {"garbage"}}, 401, "malformed"},
		"foreign token":       {"/rtc/validate", url.Values{"access_token": {foreign}}, 401, "unknown key"},
		"token without join":  {"/rtc/validate", url.Values{"access_token": {noJoin}}, 403, "does not allow joining"},
		"another room":        {"/rtc/validate", url.Values{"access_token": {good}, "room": {"attic"}}, 403, "another room"},
		"good":                {"/rtc/validate", url.Values{"access_token": {good}}, 200, "success"},
		"no join request":     {"/rtc/v1/validate", url.Values{"access_token": {good}}, 400, "join_request is required"},
		"join request base64": {"/rtc/v1/validate", url.Values{"access_token": {good}, "join_request": {"%%%"}}, 400, "base64url"},
		"join request bomb":   {"/rtc/v1/validate", url.Values{"access_token": {good}, "join_request": {bomb}}, 400, "larger than"},
		"good join request": {"/rtc/v1/validate", url.Values{"access_token": {good},
			"join_request": {joinQuery(t, &livekit.JoinRequest{}, true)}}, 200, "success"},
		"refused socket": {"/rtc", url.Values{"access_token": {"garbage"}}, 401, "malformed"},
		"no socket":      {"/rtc", url.Values{"access_token": {good}}, 400, "Bad Request"},
	} {
		status, text := h.ask(tc.path, tc.params, nil)
		if status != tc.status || !strings.Contains(text, tc.text) {
			t.Errorf("%s: %d %q, want %d %q", name, status, text, tc.status, tc.text)
		}
	}
	if status, _ := h.ask("/rtc/validate", url.Values{}, http.Header{"Authorization": {"Bearer " + good}}); status != 200 {
		t.Errorf("a bearer token is answered with %d", status)
	}
}

func TestQueriesAreNotLogged(t *testing.T) {
	var lines lockedBuffer
	h := open(t, func(c *signaling.Config) {
		c.Log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	good := h.token("someone", room.Viewer)
	h.ask("/rtc/validate", url.Values{"access_token": {good + "x"}}, nil)
	h.ask("/rtc/v1/validate", url.Values{"access_token": {good}, "join_request": {"secretive"}}, nil)
	c, _ := h.join("someone", room.Viewer)
	c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
	c.closeReason()
	if text := lines.String(); strings.Contains(text, good[:20]) || strings.Contains(text, "secretive") || !strings.Contains(text, "refused") {
		t.Errorf("log: %s", text)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLimitsOfRooms(t *testing.T) {
	h := open(t, func(c *signaling.Config) {
		c.Limits.Participants = 1
		c.Limits.Rooms = 1
	})
	h.join("first", room.Viewer)
	if status, text := h.ask("/rtc", url.Values{"access_token": {h.token("second", room.Viewer)}}, nil); status != 403 || !strings.Contains(text, "full") {
		t.Errorf("a full room answers %d %q", status, text)
	}
	other, err := token.Mint(testKey, testSecret, token.Grant{Room: "attic", Identity: "i", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := h.ask("/rtc", url.Values{"access_token": {other}}, nil); status != 403 || !strings.Contains(text, "too many rooms") {
		t.Errorf("one room too many is answered %d %q", status, text)
	}
}

func TestBrokenMessagesEndOneConnection(t *testing.T) {
	h := open(t, func(c *signaling.Config) {
		c.Limits.SignalBytes = 1 << 10
		c.Limits.SignalRate = 0.2 // a burst of two
	})
	witness, _ := h.join("witness", room.Viewer)
	for name, tc := range map[string]struct {
		act  func(*rawClient)
		code int
		text string
	}{
		"garbage": {func(c *rawClient) { c.write(websocket.BinaryMessage, []byte{0xff, 0xff, 0xff}) },
			websocket.CloseInvalidFramePayloadData, "malformed signal message"},
		"garbage text": {func(c *rawClient) { c.write(websocket.TextMessage, []byte("{")) },
			websocket.CloseInvalidFramePayloadData, "malformed signal message"},
		"oversize": {func(c *rawClient) { c.write(websocket.BinaryMessage, make([]byte, 2<<10)) },
			websocket.CloseMessageTooBig, ""},
		"bad candidate": {func(c *rawClient) {
			c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{Trickle: &livekit.TrickleRequest{CandidateInit: "{"}}})
		}, websocket.CloseInvalidFramePayloadData, "malformed ICE candidate"},
		"too fast": {func(c *rawClient) {
			// One more than the burst: what a connection that was hung up on has
			// not read could cost it the close frame.
			for range 3 {
				c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: 1}})
			}
		}, websocket.ClosePolicyViolation, "too many messages"},
	} {
		c, _ := h.join("culprit", room.Viewer)
		tc.act(c)
		if code, text := c.closeReason(); code != tc.code || !strings.Contains(text, tc.text) {
			t.Errorf("%s: closed with %d %q, want %d %q", name, code, text, tc.code, tc.text)
		}
	}
	witness.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_PingReq{PingReq: &livekit.Ping{Timestamp: 7}}})
	witness.find("the witness still gets pongs", func(m *livekit.SignalResponse) bool {
		return m.GetPongResp().GetLastPingTimestamp() == 7
	})
}

func TestABadOfferIsToldAndHarmsNobody(t *testing.T) {
	h := open(t, nil)
	witness, _ := h.join("witness", room.Viewer)
	for _, sdp := range []string{"", "v=0\r\n", "garbage", strings.Repeat("a=x\r\n", 1000)} {
		c, _ := h.join("culprit", room.Viewer)
		c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: sdp}}})
		leave := c.find("leave", func(m *livekit.SignalResponse) bool { return m.GetLeave() != nil }).GetLeave()
		if leave.GetReason() != livekit.DisconnectReason_MEDIA_FAILURE || leave.GetAction() != livekit.LeaveRequest_RECONNECT {
			t.Errorf("offer %.10q: %v", sdp, leave)
		}
	}
	witness.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: 1}})
	witness.find("the witness still gets pongs", func(m *livekit.SignalResponse) bool { return m.GetPong() != 0 })
}
