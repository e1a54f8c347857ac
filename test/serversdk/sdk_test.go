package serversdk

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

const patience = 15 * time.Second

func TestTwoPeerConnections(t *testing.T) { exercise(t, "dual") }

func TestOnePeerConnection(t *testing.T) {
	exercise(t, "single", lksdk.WithSinglePeerConnection())
}

// seat is one SDK client in a room, and what it was told.
type seat struct {
	*lksdk.Room
	packets atomic.Int64
	unmuted atomic.Int64
	muted   atomic.Int64
	data    chan string
	text    chan string
	gone    chan string
	readers sync.WaitGroup
}

func sit(t *testing.T, room, identity string, opts ...lksdk.ConnectOption) *seat {
	t.Helper()
	s := &seat{data: make(chan string, 64), text: make(chan string, 8), gone: make(chan string, 8)}
	cb := lksdk.NewRoomCallback()
	cb.OnTrackSubscribed = func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
		s.readers.Go(func() {
			for {
				if _, _, err := track.ReadRTP(); err != nil {
					return
				}
				s.packets.Add(1)
			}
		})
	}
	cb.OnTrackMuted = func(lksdk.TrackPublication, lksdk.Participant) { s.muted.Add(1) }
	cb.OnTrackUnmuted = func(lksdk.TrackPublication, lksdk.Participant) { s.unmuted.Add(1) }
	cb.OnDataPacket = func(p lksdk.DataPacket, from lksdk.DataReceiveParams) {
		if user, ok := p.(*lksdk.UserDataPacket); ok && user.Topic == "greeting" {
			s.data <- from.SenderIdentity + ": " + string(user.Payload)
		}
	}
	cb.OnParticipantDisconnected = func(p *lksdk.RemoteParticipant) { s.gone <- p.Identity() }
	r, err := lksdk.ConnectToRoom(serverURL, lksdk.ConnectInfo{
		APIKey: apiKey, APISecret: apiSecret, RoomName: room, ParticipantIdentity: identity,
	}, cb, opts...)
	if err != nil {
		t.Fatalf("%s: connect: %v", identity, err)
	}
	s.Room = r
	err = r.RegisterTextStreamHandler("lk.chat", func(reader *lksdk.TextStreamReader, from string) {
		s.text <- from + ": " + reader.ReadAll()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Disconnect()
		s.readers.Wait()
	})
	return s
}

// reader comes when all is said, and gives what the chat tells it.
func reader(t *testing.T, room, identity string) <-chan string {
	t.Helper()
	text := make(chan string, 8)
	r := lksdk.NewRoom(nil)
	err := r.RegisterTextStreamHandler("lk.chat", func(reader *lksdk.TextStreamReader, from string) {
		text <- from + ": " + reader.ReadAll()
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Join(serverURL, lksdk.ConnectInfo{
		APIKey: apiKey, APISecret: apiSecret, RoomName: room, ParticipantIdentity: identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Disconnect)
	return text
}

func exercise(t *testing.T, room string, opts ...lksdk.ConnectOption) {
	publisher := sit(t, room, "publisher", opts...)
	early := sit(t, room, "early", opts...)
	pub := publish(t, publisher)
	waitFor(t, "the early viewer receives", func() bool { return early.packets.Load() > 50 })
	late := sit(t, room, "late", opts...)
	waitFor(t, "the late viewer receives", func() bool { return late.packets.Load() > 50 })

	say(t, late, "hello", lksdk.WithDataPublishTopic("greeting"), lksdk.WithDataPublishReliable(true))
	hear(t, publisher.data, "late: hello")
	hear(t, early.data, "late: hello")
	say(t, publisher, "for you", lksdk.WithDataPublishTopic("greeting"), lksdk.WithDataPublishReliable(true),
		lksdk.WithDataPublishDestination([]string{"late"}))
	say(t, publisher, "for all", lksdk.WithDataPublishTopic("greeting"), lksdk.WithDataPublishReliable(true))
	hear(t, late.data, "publisher: for you")
	hear(t, late.data, "publisher: for all")
	hear(t, early.data, "publisher: for all") // and not what was for late

	early.LocalParticipant.SendText("a good line", lksdk.StreamTextOptions{Topic: "lk.chat"})
	hear(t, late.text, "early: a good line")
	hear(t, reader(t, room, "reader"), "early: a good line")

	pub.SetMuted(true)
	waitFor(t, "the mute is seen", func() bool { return late.muted.Load() > 0 })
	pub.SetMuted(false)
	waitFor(t, "the unmute is seen", func() bool { return late.unmuted.Load() > 0 })

	publisher.Disconnect()
	hear(t, late.gone, "publisher")
}

// publish offers a track that carries on until the test ends.
func publish(t *testing.T, s *seat) *lksdk.LocalTrackPublication {
	t.Helper()
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000})
	if err != nil {
		t.Fatal(err)
	}
	pub, err := s.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{
		Name: "canvas", Source: livekit.TrackSource_SCREEN_SHARE, VideoWidth: 640, VideoHeight: 400,
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		// A VP8 keyframe's header, 640x400, with an empty body.
		frame := []byte{0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x90, 0x01, 0, 0, 0, 0}
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if track.WriteSample(media.Sample{Data: frame, Duration: 20 * time.Millisecond}, nil) != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		writer.Wait()
	})
	return pub
}

func say(t *testing.T, s *seat, text string, opts ...lksdk.DataPublishOption) {
	t.Helper()
	if err := s.LocalParticipant.PublishDataPacket(lksdk.UserData([]byte(text)), opts...); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, ch <-chan string, want string) {
	t.Helper()
	select {
	case got := <-ch:
		if got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("did not hear %q", want)
	}
}

func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so after %v", what, patience)
		}
		<-tick.C
	}
}
