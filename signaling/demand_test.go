package signaling_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/client"
)

// voice lets a test say things to the server as a viewer's receiver would.
type voice struct {
	interceptor.NoOp
	mu  sync.Mutex
	out interceptor.RTCPWriter
}

func (v *voice) NewInterceptor(string) (interceptor.Interceptor, error) { return v, nil }

func (v *voice) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out = w
	return w
}

// takes says that the viewer's line carries so much (draft-alvestrand-rmcat-remb-03).
func (v *voice) takes(bitsPerSecond float32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.out != nil {
		_, _ = v.out.Write([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bitsPerSecond}}, nil)
	}
}

// TestTheAgentIsToldWhatItsAudienceTakes: the room knows from the announcement
// what the agent's encoders send at most, and from a viewer what arrives.
func TestTheAgentIsToldWhatItsAudienceTakes(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	var mu sync.Mutex
	told := [2]float32{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	track, err := agent.PublishVideo(ctx, client.VideoSpec{
		Name: "display",
		Renditions: []client.Rendition{{
			Codec: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
			Layers: []client.Layer{
				{RID: "h", Width: 640, Height: 400, BitsPerSecond: 800_000},
				{RID: "f", Width: 1280, Height: 800, BitsPerSecond: 3_500_000},
			},
		}},
		OnRTCP: func(_, layer int, pkt rtcp.Packet) {
			if r, ok := pkt.(*rtcp.ReceiverEstimatedMaximumBitrate); ok {
				mu.Lock()
				told[layer] = r.Bitrate
				mu.Unlock()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := &voice{}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	registry := &interceptor.Registry{}
	registry.Add(v)
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	viewer := h.enterWith(client.Options{
		URL: h.url, Token: h.token("viewer", room.Viewer), Subscribe: true,
		API: webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)),
	})
	// 2.9 Mb/s, while the viewer says what it takes.
	payload := make([]byte, 1200)
	copy(payload, []byte{0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0x90, 0x01})
	sequence := uint16(0)
	send := func(what string, takes float32, ok func(told float32) bool) {
		t.Helper()
		deadline := time.Now().Add(patience)
		for at := uint32(0); ; at++ {
			mu.Lock()
			full := told[1]
			mu.Unlock()
			switch {
			case ok(full):
				return
			case time.Now().After(deadline):
				t.Fatalf("%s: told %v", what, full)
			}
			for part := range 3 {
				for layer := range 2 {
					if err := track.WriteRTP(0, layer, &rtp.Packet{
						Header:  rtp.Header{Version: 2, Marker: part == 2, SequenceNumber: sequence, Timestamp: uint32(sequence/3) * 900},
						Payload: payload,
					}); err != nil {
						t.Fatal(err)
					}
				}
				sequence++
			}
			if at%5 == 0 && takes > 0 {
				v.takes(takes)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	send("the picture comes", 0, func(float32) bool { return viewer.holds(func() bool { return viewer.packets > 50 }) })
	send("a line of 1 Mb/s", 1_000_000, func(told float32) bool { return told > 900_000 && told < 1_000_000 })
	send("one of 5 Mb/s", 5_000_000, func(told float32) bool { return told == 3_500_000 })
}
