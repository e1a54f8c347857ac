//go:build load

package serversdk

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// The load: one publisher and a crowd, each a client of LiveKit's own SDK, as its
// load tester makes them.
const (
	loadViewers = 30
	loadFor     = 15 * time.Second
	frameRate   = 30
	frameBytes  = 1_500_000 / 8 / frameRate
)

func TestLoadTwoPeerConnections(t *testing.T) { load(t, "load-dual") }

func TestLoadOnePeerConnection(t *testing.T) {
	load(t, "load-single", lksdk.WithSinglePeerConnection())
}

// crowd counts what its viewers receive.
type crowd struct {
	packets, missing atomic.Int64
	readers          sync.WaitGroup
}

func load(t *testing.T, room string, opts ...lksdk.ConnectOption) {
	show := sit(t, room, "publisher", opts...)
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := show.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{Name: "display"}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() { publishFrames(track, ended) })
	defer publishing.Wait()
	defer close(ended)

	c := &crowd{}
	t.Cleanup(c.readers.Wait) // after everyone has left
	var joins []time.Duration
	for i := range loadViewers {
		began := time.Now()
		c.join(t, room, fmt.Sprintf("viewer-%d", i), opts)
		joins = append(joins, time.Since(began))
	}
	waitFor(t, "packets flow", func() bool { return c.packets.Load() > loadViewers*100 })
	packets, missing, began := c.packets.Load(), c.missing.Load(), time.Now()
	time.Sleep(loadFor)
	packets, missing = c.packets.Load()-packets, c.missing.Load()-missing
	seconds := time.Since(began).Seconds()
	t.Logf("%d viewers, %.0f s: %.0f packets/s, %d missing of %d (%.4f%%), slowest join %v",
		loadViewers, seconds, float64(packets)/seconds, missing, packets+missing,
		100*float64(missing)/float64(packets+missing), slowest(joins).Round(time.Millisecond))
}

// publishFrames sends frames that begin like VP8's, the first and then one a
// second as key frames.
func publishFrames(track *lksdk.LocalTrack, ended <-chan struct{}) {
	tick := time.NewTicker(time.Second / frameRate)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		frame := make([]byte, frameBytes)
		if n%frameRate == 0 { // frame tag, start code, 1280x800 (RFC 6386, section 9.1)
			copy(frame, []byte{0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0x20, 0x03})
		} else {
			frame[0] = 0x11
		}
		if track.WriteSample(media.Sample{Data: frame, Duration: time.Second / frameRate}, nil) != nil {
			return
		}
	}
}

func (c *crowd) join(t *testing.T, room, identity string, opts []lksdk.ConnectOption) {
	t.Helper()
	cb := lksdk.NewRoomCallback()
	cb.OnTrackSubscribed = func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
		c.readers.Go(func() { c.read(track) })
	}
	r, err := lksdk.ConnectToRoom(serverURL, lksdk.ConnectInfo{
		APIKey: apiKey, APISecret: apiSecret, RoomName: room, ParticipantIdentity: identity,
	}, cb, opts...)
	if err != nil {
		t.Fatalf("%s: %v", identity, err)
	}
	t.Cleanup(r.Disconnect)
}

// read counts packets, and those that a later one shows to be missing; one that
// comes late after all is taken off again. The server may repeat packets.
func (c *crowd) read(track *webrtc.TrackRemote) {
	var next uint16
	missing := map[uint16]bool{}
	for first := true; ; first = false {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if first {
			next = p.SequenceNumber
		}
		switch {
		case p.SequenceNumber-next < 1<<15:
			for ; next != p.SequenceNumber; next++ {
				missing[next] = true
				c.missing.Add(1)
			}
			next++
			c.packets.Add(1)
		case missing[p.SequenceNumber]:
			delete(missing, p.SequenceNumber)
			c.missing.Add(-1)
			c.packets.Add(1)
		}
	}
}

func slowest(durations []time.Duration) time.Duration {
	most := time.Duration(0)
	for _, d := range durations {
		most = max(most, d)
	}
	return most
}
