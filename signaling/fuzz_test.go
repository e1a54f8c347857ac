package signaling

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func FuzzJoinRequest(f *testing.F) {
	inner := marshal(f, &livekit.JoinRequest{ParticipantSid: "PA_x", Reconnect: true})
	encode := func(w *livekit.WrappedJoinRequest) string {
		return base64.URLEncoding.EncodeToString(marshal(f, w))
	}
	f.Add(encode(&livekit.WrappedJoinRequest{JoinRequest: inner}))
	f.Add(encode(&livekit.WrappedJoinRequest{JoinRequest: inner, Compression: livekit.WrappedJoinRequest_GZIP}))
	f.Add(encode(&livekit.WrappedJoinRequest{JoinRequest: inner, Compression: 7}))
	f.Add("%%%")
	f.Add("")
	f.Fuzz(func(t *testing.T, encoded string) {
		p, err := decodeJoinRequest(encoded, 1<<10)
		switch {
		case err == nil && (!p.single || p.client == nil):
			t.Fatalf("half a result: %+v", p)
		case err != nil && (p != nil || !errors.Is(err, errJoinRequest)):
			t.Fatalf("%+v with %v", p, err)
		}
	})
}

func FuzzDataPacket(f *testing.F) {
	topic := "easel.input"
	f.Add(marshal(f, &livekit.DataPacket{
		DestinationIdentities: []string{"a", "b"}, Sequence: 7,
		Value: &livekit.DataPacket_User{User: &livekit.UserPacket{Payload: []byte("x"), Topic: &topic}},
	}))
	f.Add(marshal(f, &livekit.DataPacket{Value: &livekit.DataPacket_StreamChunk{StreamChunk: &livekit.DataStream_Chunk{Content: []byte("c")}}}))
	f.Add([]byte{0x12, 0x02, 0x22, 0x00, 0x12, 0x02, 0x22, 0x00}) // two users
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := peek(raw)
		if err != nil {
			return
		}
		var full livekit.DataPacket
		if proto.Unmarshal(raw, &full) != nil {
			return // for instance text that is no UTF-8; receivers refuse it
		}
		// What was judged is what receivers will read.
		if got := full.GetUser().GetTopic(); got != string(p.topic) {
			t.Fatalf("topic %q, receivers read %q", p.topic, got)
		}
		if got := full.GetUser().GetPayload(); !bytes.Equal(got, p.payload) {
			t.Fatalf("payload %q, receivers read %q", p.payload, got)
		}
		if (full.GetValue() == nil) != (p.value == 0) {
			t.Fatalf("value %d, receivers read %T", p.value, full.GetValue())
		}
		var stamped livekit.DataPacket
		if err := proto.Unmarshal(stamp(raw, sfu.Lossy, "me", "PA_me"), &stamped); err != nil {
			t.Fatal(err)
		}
		if stamped.GetParticipantIdentity() != "me" || stamped.GetParticipantSid() != "PA_me" || stamped.GetSequence() != full.GetSequence() {
			t.Fatalf("stamped %v", &stamped)
		}
	})
}

func FuzzWord(f *testing.F) {
	f.Add([]byte(`{"type":"data","topic":"easel.control","to":["a"],"lossy":true,"payload":"e30="}`))
	f.Add([]byte(`{"type":"say","id":"one","text":"hello"}`))
	f.Add([]byte(`{"type":"say","text":"\ud800"}`))
	f.Fuzz(func(t *testing.T, word []byte) {
		said, err := readWord(word)
		if err != nil {
			return
		}
		_, packets, err := said.packets(time.Unix(0, 0))
		if err != nil {
			return // for instance a topic that is no text
		}
		for _, raw := range packets {
			if p, err := peek(raw); err != nil || p.value == 0 {
				t.Fatalf("a packet that is none: %v", err)
			}
		}
	})
}

func FuzzSignal(f *testing.F) {
	for _, req := range []*livekit.SignalRequest{
		{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: "v=0\r\n"}}},
		{Message: &livekit.SignalRequest_Answer{Answer: &livekit.SessionDescription{Type: "answer", Sdp: "v=0\r\n"}}},
		{Message: &livekit.SignalRequest_Trickle{Trickle: &livekit.TrickleRequest{CandidateInit: `{"candidate":""}`}}},
		{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{Cid: "c", Layers: []*livekit.VideoLayer{{Rid: "f"}}}}},
		{Message: &livekit.SignalRequest_Mute{Mute: &livekit.MuteTrackRequest{Sid: "TR_x", Muted: true}}},
		{Message: &livekit.SignalRequest_Subscription{Subscription: &livekit.UpdateSubscription{TrackSids: []string{"TR_x"}, Subscribe: true}}},
		{Message: &livekit.SignalRequest_TrackSetting{TrackSetting: &livekit.UpdateTrackSettings{TrackSids: []string{"TR_x"}, Width: 10}}},
		{Message: &livekit.SignalRequest_UpdateMetadata{UpdateMetadata: &livekit.UpdateParticipantMetadata{Attributes: map[string]string{"a": "b"}}}},
		{Message: &livekit.SignalRequest_SyncState{SyncState: &livekit.SyncState{TrackSidsDisabled: []string{"TR_x"}}}},
		{Message: &livekit.SignalRequest_Simulate{Simulate: &livekit.SimulateScenario{Scenario: &livekit.SimulateScenario_ServerLeave{ServerLeave: true}}}},
		{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}},
	} {
		f.Add(websocket.BinaryMessage, marshal(f, req))
	}
	f.Add(websocket.TextMessage, []byte(`{"ping":"1"}`))
	f.Add(websocket.BinaryMessage, []byte{0xff})

	engine, err := sfu.NewEngine(sfu.Config{UDP: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		f.Fatal(err)
	}
	s, err := NewServer(Config{Keys: token.Keys{"k": "s"}, Engine: engine})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		s.Close()
		if err := engine.Close(); err != nil {
			f.Error(err)
		}
	})
	raw, err := token.Mint("k", "s", token.Grant{Room: "r", Identity: "i", Role: room.Agent, TTL: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	claims, err := s.cfg.Keys.Verify(raw)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame int, raw []byte) {
		req, err := decodeSignal(frame, raw)
		if err != nil {
			if !errors.Is(err, errSignal) {
				t.Fatal(err)
			}
			return
		}
		p := enterSilently(t, s, claims)
		if err := p.dispatch(req); err != nil && !errors.Is(err, errCandidate) {
			t.Fatal(err)
		}
		if !p.room.call(func() {}) {
			t.Fatal("the room is gone")
		}
	})
}

// enterSilently joins with a connection that nobody reads or writes.
func enterSilently(t *testing.T, s *Server, claims *token.Claims) *participant {
	t.Helper()
	r, err := s.open(claims.Room)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{times: s.cfg.Times, queue: make(chan []byte, 1024), ended: make(chan struct{})}
	var p *participant
	r.call(func() { p, err = r.join(claims, &joinParams{single: true, client: &livekit.ClientInfo{}}, c) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSlowClientsAreCutOff(t *testing.T) {
	c := &conn{times: Times{}.withDefaults(), queue: make(chan []byte, 2), ended: make(chan struct{})}
	for range 3 {
		c.send([]byte{1})
	}
	select {
	case <-c.ended:
	case <-time.After(time.Second):
		t.Fatal("the queue overflowed and nothing happened")
	}
	if !c.abrupt || c.code != websocket.ClosePolicyViolation {
		t.Errorf("ended with %d, abrupt %v", c.code, c.abrupt)
	}
}
