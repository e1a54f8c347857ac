package signaling_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/client"
)

// canvas publishes a picture at rest: a keyframe of a layer when that starts to
// be watched or is asked for, and nothing else.
type canvas struct {
	track *client.VideoTrack

	mu       sync.Mutex
	watched  []bool
	changed  chan struct{}
	sequence [2]uint16
	frames   [2]byte
}

func (h *house) canvas(agent *guest) *canvas {
	h.t.Helper()
	c := &canvas{watched: []bool{true, true}, changed: make(chan struct{}, 64)}
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	track, err := agent.PublishVideo(ctx, client.VideoSpec{
		Name: "display",
		Renditions: []client.Rendition{{
			Codec:  webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
			Layers: []client.Layer{{RID: "h", Width: 640, Height: 400}, {RID: "f", Width: 1280, Height: 800}},
		}},
		OnRTCP: func(_, layer int, p rtcp.Packet) {
			if _, isPLI := p.(*rtcp.PictureLossIndication); isPLI {
				c.keyframe(layer)
			}
		},
		OnWatched: c.onWatched,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	c.mu.Lock()
	c.track = track
	c.mu.Unlock()
	return c
}

func (c *canvas) onWatched(all [][]bool) {
	watched := all[0]
	c.mu.Lock()
	before := c.watched
	c.watched = watched
	c.mu.Unlock()
	for layer, is := range watched {
		if is && !before[layer] {
			c.keyframe(layer)
		}
	}
	c.changed <- struct{}{}
}

// keyframe sends one packet, the last byte of which counts.
func (c *canvas) keyframe(layer int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.track == nil || !c.watched[layer] {
		return
	}
	c.sequence[layer]++
	c.frames[layer]++
	size := [...][2]byte{{0x80, 0x02}, {0x00, 0x05}}[layer]
	_ = c.track.WriteRTP(0, layer, &rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: c.sequence[layer], Timestamp: uint32(time.Now().UnixMicro() / 1000 * 90)},
		Payload: []byte{0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, size[0], size[1], 0x90, 0x01, 0, 0, c.frames[layer]},
	})
}

// play sends frames until nobody watches them.
func (c *canvas) play(t *testing.T) {
	t.Helper()
	frames := time.NewTicker(20 * time.Millisecond)
	defer frames.Stop()
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-c.changed:
			c.until(t, false, false)
			return
		case now := <-frames.C:
			if now.After(deadline) {
				t.Fatal("the publisher was never told that nobody watches")
			}
			c.keyframe(0)
			c.keyframe(1)
		}
	}
}

func (c *canvas) until(t *testing.T, watched ...bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		is := slices.Clone(c.watched)
		c.mu.Unlock()
		if slices.Equal(is, watched) {
			return
		}
		select {
		case <-c.changed:
		case <-deadline:
			t.Fatalf("watched: %v, want %v", is, watched)
		}
	}
}

func TestThePublisherFollowsItsAudience(t *testing.T) {
	h := open(t, nil)
	c := h.canvas(h.enter("agent", room.Agent))
	c.play(t)
	c.mu.Lock()
	old := slices.Clone(c.frames[:])
	c.mu.Unlock()

	began := time.Now()
	late := h.enter("late", room.Viewer)
	late.until("the picture comes", func() bool { return late.packets > 0 })
	took := time.Since(began)
	t.Logf("a late joiner's picture took %v", took)
	if took > 300*time.Millisecond {
		t.Errorf("a late joiner's picture took %v", took)
	}
	if late.holds(func() bool { return late.first[len(late.first)-1] <= old[1] }) {
		t.Errorf("a late joiner began with a picture of old: %v, before %v", late.first, old)
	}
	c.until(t, false, true)

	late.leave()
	gone := time.Now()
	c.until(t, false, false)
	if lasted := time.Since(gone); lasted < time.Second || lasted > 3*time.Second {
		t.Errorf("the last viewer's leaving was told after %v", lasted)
	}
}
