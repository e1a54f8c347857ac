package signaling_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
)

func TestTheWelcome(t *testing.T) {
	h := open(t, nil)
	_, join := h.join("someone", room.Editor)
	p := join.GetParticipant()
	switch {
	case !join.GetSubscriberPrimary():
		t.Error("two connections, and the subscriber is not primary")
	case join.GetPingInterval() <= 0 || join.GetPingTimeout() <= join.GetPingInterval():
		t.Errorf("ping every %d s, lost after %d s", join.GetPingInterval(), join.GetPingTimeout())
	case !strings.HasPrefix(p.GetSid(), "PA_") || !strings.HasPrefix(join.GetRoom().GetSid(), "RM_"):
		t.Errorf("sids %q and %q", p.GetSid(), join.GetRoom().GetSid())
	case join.GetServerInfo().GetVersion() < "1.8.0":
		t.Errorf("server version %q", join.GetServerInfo().GetVersion())
	case p.GetAttributes()[room.RoleAttribute] != "editor":
		t.Errorf("attributes %v", p.GetAttributes())
	case !strings.Contains(join.GetRoom().GetMetadata(), `"lease"`):
		t.Errorf("room metadata %q", join.GetRoom().GetMetadata())
	case p.GetPermission().GetCanPublish() || !p.GetPermission().GetCanSubscribe():
		t.Errorf("permission %v", p.GetPermission())
	}
}

func TestTheServerOffersAtOnceToTwoConnections(t *testing.T) {
	h := open(t, nil)
	c, _ := h.join("someone", room.Viewer)
	offer := c.find("offer", func(m *livekit.SignalResponse) bool { return m.GetOffer() != nil }).GetOffer()
	if !strings.Contains(offer.GetSdp(), "m=application") || offer.GetId() == 0 {
		t.Errorf("offer %d: %s", offer.GetId(), offer.GetSdp())
	}
}

func TestTokensAreRefreshed(t *testing.T) {
	h := open(t, nil)
	c, _ := h.join("someone", room.Editor)
	fresh := c.find("token", func(m *livekit.SignalResponse) bool { return m.GetRefreshToken() != "" }).GetRefreshToken()
	if status, text := h.ask("/rtc/validate", url.Values{"access_token": {fresh}}, nil); status != 200 {
		t.Errorf("the fresh token is answered %d %q", status, text)
	}
}

func TestTextFrames(t *testing.T) {
	h := open(t, nil)
	c, _ := h.join("someone", room.Viewer)
	c.write(websocket.TextMessage, []byte(`{"pingReq":{"timestamp":"5"},"somethingNew":1}`))
	c.find("pong", func(m *livekit.SignalResponse) bool { return m.GetPongResp().GetLastPingTimestamp() == 5 })
	if !c.json {
		t.Error("a text message was answered in binary")
	}
}

func TestResuming(t *testing.T) {
	h := open(t, nil)
	c, join := h.join("someone", room.Owner)
	other, _ := h.join("other", room.Viewer)
	_ = c.ws.Close()
	other.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
	other.closeReason()

	sid := join.GetParticipant().GetSid()
	again := h.connect("/rtc", url.Values{
		"access_token": {h.token("someone", room.Owner)}, "reconnect": {"1"}, "sid": {sid},
	})
	if again.read().GetReconnect() == nil {
		t.Fatal("the first message is no answer to a resume")
	}
	all := again.find("everyone", func(m *livekit.SignalResponse) bool { return m.GetUpdate().GetFullSnapshot() }).GetUpdate()
	if len(all.GetParticipants()) != 1 || all.GetParticipants()[0].GetSid() != sid {
		t.Errorf("after the resume there are %v", all.GetParticipants())
	}
	again.find("a new offer", func(m *livekit.SignalResponse) bool { return m.GetOffer() != nil })
}

func TestWhatCannotBeResumed(t *testing.T) {
	h := open(t, nil)
	h.join("someone", room.Viewer)
	for name, params := range map[string]url.Values{
		"another sid": {"access_token": {h.token("someone", room.Viewer)}, "reconnect": {"1"}, "sid": {"PA_other"}},
		"a stranger":  {"access_token": {h.token("stranger", room.Viewer)}, "reconnect": {"1"}, "sid": {"PA_other"}},
	} {
		leave := h.connect("/rtc", params).read().GetLeave()
		if leave.GetReason() != livekit.DisconnectReason_STATE_MISMATCH || leave.GetAction() != livekit.LeaveRequest_RECONNECT {
			t.Errorf("%s: %v", name, leave)
		}
	}
}

func TestWhoDoesNotResumeIsGone(t *testing.T) {
	h := open(t, func(c *signaling.Config) { c.Times.Resume = 50 * time.Millisecond })
	witness, _ := h.join("witness", room.Viewer)
	c, _ := h.join("someone", room.Viewer)
	_ = c.ws.Close()
	gone := witness.find("departure", func(m *livekit.SignalResponse) bool {
		return departed(m, "someone") != nil
	})
	if why := departed(gone, "someone").GetDisconnectReason(); why != livekit.DisconnectReason_SIGNAL_CLOSE {
		t.Errorf("reason %s", why)
	}
}

func departed(m *livekit.SignalResponse, identity string) *livekit.ParticipantInfo {
	for _, p := range m.GetUpdate().GetParticipants() {
		if p.GetIdentity() == identity && p.GetState() == livekit.ParticipantInfo_DISCONNECTED {
			return p
		}
	}
	return nil
}

func TestWithoutMediaOneMustGo(t *testing.T) {
	h := open(t, func(c *signaling.Config) { c.Times.Media = 50 * time.Millisecond })
	c, _ := h.join("someone", room.Viewer)
	leave := c.find("leave", func(m *livekit.SignalResponse) bool { return m.GetLeave() != nil }).GetLeave()
	if leave.GetReason() != livekit.DisconnectReason_CONNECTION_TIMEOUT {
		t.Errorf("leave %v", leave)
	}
}

func TestWhoMayPublish(t *testing.T) {
	h := open(t, nil)
	stock := func(identity string) *rawClient {
		raw, err := auth.NewAccessToken(testKey, testSecret).SetIdentity(identity).
			SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "studio"}).ToJWT()
		if err != nil {
			t.Fatal(err)
		}
		return h.connect("/rtc", url.Values{"access_token": {raw}})
	}
	add := func(c *rawClient, cid string) *livekit.SignalResponse {
		c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
			Cid: cid, Type: livekit.TrackType_VIDEO, Source: livekit.TrackSource_CAMERA,
		}}})
		return c.find("answer to "+cid, func(m *livekit.SignalResponse) bool {
			return m.GetTrackPublished().GetCid() == cid || m.GetRequestResponse().GetAddTrack().GetCid() == cid
		})
	}
	early := stock("early")
	if sid := add(early, "one").GetTrackPublished().GetTrack().GetSid(); !strings.HasPrefix(sid, "TR_") {
		t.Errorf("a stock publisher in a room without an agent got track %q", sid)
	}
	editor, _ := h.join("editor", room.Editor)
	if r := add(editor, "two").GetRequestResponse(); r.GetReason() != livekit.RequestResponse_NOT_ALLOWED {
		t.Errorf("an editor's track: %v", r)
	}
	h.join("agent", room.Agent)
	if r := add(stock("late"), "three").GetRequestResponse(); r.GetReason() != livekit.RequestResponse_NOT_ALLOWED {
		t.Errorf("a stock publisher beside an agent: %v", r)
	}
}

// simulate asks for a scenario in a room of its own, and returns the answer.
func simulate(t *testing.T, s *livekit.SimulateScenario) *livekit.SignalResponse {
	t.Helper()
	h := open(t, nil)
	c, _ := h.join("someone", room.Viewer)
	c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Simulate{Simulate: s}})
	return c.find("an answer", func(m *livekit.SignalResponse) bool {
		return m.GetLeave() != nil || m.GetRequestResponse() != nil
	})
}

func TestSimulatedLeaves(t *testing.T) {
	for _, c := range []struct {
		scenario *livekit.SimulateScenario
		want     livekit.LeaveRequest_Action
	}{
		{&livekit.SimulateScenario{Scenario: &livekit.SimulateScenario_ServerLeave{ServerLeave: true}}, livekit.LeaveRequest_DISCONNECT},
		{&livekit.SimulateScenario{Scenario: &livekit.SimulateScenario_NodeFailure{NodeFailure: true}}, livekit.LeaveRequest_RECONNECT},
		{&livekit.SimulateScenario{Scenario: &livekit.SimulateScenario_Migration{Migration: true}}, livekit.LeaveRequest_RECONNECT},
		{&livekit.SimulateScenario{Scenario: &livekit.SimulateScenario_LeaveRequestFullReconnect{LeaveRequestFullReconnect: true}}, livekit.LeaveRequest_RECONNECT},
	} {
		if leave := simulate(t, c.scenario).GetLeave(); leave == nil || leave.GetAction() != c.want {
			t.Errorf("%v: %v", c.scenario, leave)
		}
	}
}

// What is not simulated is refused in words.
func TestScenariosThatAreRefused(t *testing.T) {
	for _, s := range []*livekit.SimulateScenario{
		{},
		{Scenario: &livekit.SimulateScenario_SwitchCandidateProtocol{SwitchCandidateProtocol: livekit.CandidateProtocol_TLS}},
		{Scenario: &livekit.SimulateScenario_SubscriberBandwidth{SubscriberBandwidth: 100_000}},
		{Scenario: &livekit.SimulateScenario_DisconnectSignalOnResume{DisconnectSignalOnResume: true}},
		{Scenario: &livekit.SimulateScenario_SpeakerUpdate{SpeakerUpdate: 3}},
	} {
		refused := simulate(t, s).GetRequestResponse()
		if refused.GetReason() != livekit.RequestResponse_UNSUPPORTED_TYPE || refused.GetMessage() == "" {
			t.Errorf("%v: %v", s, refused)
		}
	}
}
