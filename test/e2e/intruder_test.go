package e2e

import (
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/fallback"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

// intruder is a viewer with a program of their own.
type intruder struct{ *client.Conn }

type deaf struct{}

func (deaf) OnParticipant(client.Participant) {}
func (deaf) OnData(string, string, []byte)    {}
func (deaf) OnClosed(error)                   {}

func (deaf) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}

func intrude(t *testing.T, inst *instance.Instance, s instance.Session) intruder {
	t.Helper()
	token, err := inst.Token(t.Context(), s.Room, "intruder", "viewer")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.Dial(t.Context(), client.Options{URL: "ws" + inst.URL[len("http"):], Token: token}, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return intruder{conn}
}

// try sends what a viewer may not, by every topic, under every generation that
// could be right, until over.
func (v intruder) try(t *testing.T, over <-chan struct{}) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for generation := uint32(1); ; generation++ {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		at := wire.Event{Button: 1, X: 640, Y: 600}
		down, up := at, at
		down.Kind, up.Kind = wire.ButtonDown, wire.ButtonUp
		raw, err := wire.AppendInput(nil, &wire.Input{Generation: generation%64 + 1, First: 1, Events: []wire.Event{down, {Kind: wire.Move, X: 700, Y: 620}, up}})
		if err != nil {
			t.Fatal(err)
		}
		for _, reliable := range []bool{true, false} {
			if err := v.PublishData(wire.TopicInput, raw, reliable); err != nil {
				t.Fatal(err)
			}
			// Straight to the agent, past the server's judgement.
			if err := v.PublishData(wire.TopicInput, raw, reliable, "agent"); err != nil {
				t.Fatal(err)
			}
		}
		for _, packet := range disguised(raw) {
			if err := v.Publish(packet, true); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []wire.Control{
			{Type: wire.ControlTake}, {Type: wire.ControlRequest}, {Type: wire.ControlRole, To: "intruder", Role: "owner"},
			{Type: wire.ControlLease, Lease: &wire.Lease{Generation: generation, Holder: "intruder"}},
		} {
			word, err := wire.EncodeControl(&c)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.PublishData(wire.TopicControl, word, true); err != nil {
				t.Fatal(err)
			}
			if err := v.PublishData(wire.TopicControl, word, true, "agent"); err != nil {
				t.Fatal(err)
			}
		}
		if err := v.SetAttributes(map[string]string{"easel.role": "owner"}); err != nil && !errors.Is(err, client.ErrRefused) {
			t.Log(fmt.Errorf("attributes: %w", err))
		}
	}
}

// disguised is input to the agent as LiveKit's other kinds of data: a call, a
// stream of bytes, and one of text.
func disguised(input []byte) []*livekit.DataPacket {
	const stream = "stream"
	total := uint64(len(input))
	values := []*livekit.DataPacket{
		{Value: &livekit.DataPacket_RpcRequest{RpcRequest: &livekit.RpcRequest{
			Id: "call", Method: wire.TopicInput, Payload: base64.StdEncoding.EncodeToString(input), ResponseTimeoutMs: 1000, Version: 1,
		}}},
		{Value: &livekit.DataPacket_StreamHeader{StreamHeader: &livekit.DataStream_Header{
			StreamId: stream, Topic: wire.TopicInput, TotalLength: &total,
			ContentHeader: &livekit.DataStream_Header_ByteHeader{ByteHeader: &livekit.DataStream_ByteHeader{Name: "input"}},
		}}},
		{Value: &livekit.DataPacket_StreamHeader{StreamHeader: &livekit.DataStream_Header{
			StreamId: stream + "-text", Topic: wire.TopicInput, TotalLength: &total,
			ContentHeader: &livekit.DataStream_Header_TextHeader{TextHeader: &livekit.DataStream_TextHeader{}},
		}}},
	}
	for _, id := range []string{stream, stream + "-text"} {
		values = append(values,
			&livekit.DataPacket{Value: &livekit.DataPacket_StreamChunk{StreamChunk: &livekit.DataStream_Chunk{StreamId: id, Content: input}}},
			&livekit.DataPacket{Value: &livekit.DataPacket_StreamTrailer{StreamTrailer: &livekit.DataStream_Trailer{StreamId: id}}})
	}
	for _, p := range values {
		p.DestinationIdentities = []string{"agent"}
	}
	return values
}

// rfbIntruder is a viewer with an RFB client.
type rfbIntruder struct {
	*websocket.Conn
	heard atomic.Int64 // bytes from the server
}

// intrudeByRFB connects as RFB clients do (RFC 6143, section 7.1 to 7.3).
func intrudeByRFB(t *testing.T, inst *instance.Instance, s instance.Session) *rfbIntruder {
	t.Helper()
	token, err := inst.Token(t.Context(), s.Room, "rfb-intruder", "viewer")
	if err != nil {
		t.Fatal(err)
	}
	ws, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+inst.URL[len("http"):]+fallback.Path+"?access_token="+token, nil)
	if err != nil {
		t.Fatalf("%v: %+v", err, response)
	}
	v := &rfbIntruder{Conn: ws}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			_, raw, err := ws.ReadMessage()
			if err != nil {
				return
			}
			v.heard.Add(int64(len(raw)))
		}
	}()
	t.Cleanup(func() {
		_ = ws.Close()
		<-read
	})
	const none, shared = 1, 1
	for _, hello := range [][]byte{[]byte("RFB 003.008\n"), {none}, {shared}} {
		if err := ws.WriteMessage(websocket.BinaryMessage, hello); err != nil {
			t.Fatal(err)
		}
	}
	const serverInit = 24
	eventually(t, "the RFB gateway shows a display", func() error {
		if n := v.heard.Load(); n < serverInit+20 {
			return fmt.Errorf("%d bytes", n)
		}
		return nil
	})
	return v
}

// try draws by pointer events until over.
func (v *rfbIntruder) try(t *testing.T, over <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		for i, mask := range []byte{0, 1, 1, 0} {
			x, y := 640+20*i, 600
			event := []byte{5, mask, byte(x >> 8), byte(x), byte(y >> 8), byte(y & 0xff)}
			if err := v.WriteMessage(websocket.BinaryMessage, event); err != nil {
				t.Error("the RFB gateway hung up: ", err)
				return
			}
		}
	}
}
