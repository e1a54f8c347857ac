package sfu

import (
	"testing"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/packet"
)

// checkContinuous fails unless packets are one stream: sequence numbers without
// a gap, timestamps never back, and picture IDs that grow by one per frame.
func checkContinuous(t *testing.T, packets []rtp.Packet) {
	t.Helper()
	var last *packet.VP8
	for i, p := range packets {
		d, ok := packet.ParseVP8(p.Payload)
		if !ok {
			t.Fatalf("packet %d has no VP8 descriptor: % x", i, p.Payload)
		}
		if i > 0 {
			before := packets[i-1]
			if p.SequenceNumber != before.SequenceNumber+1 {
				t.Fatalf("packet %d: sequence %d after %d", i, p.SequenceNumber, before.SequenceNumber)
			}
			if int32(p.Timestamp-before.Timestamp) < 0 {
				t.Fatalf("packet %d: timestamp %d after %d", i, p.Timestamp, before.Timestamp)
			}
			isNew := p.Timestamp != before.Timestamp
			if got := (d.PictureID - last.PictureID) & 0x7fff; isNew && got != 1 || !isNew && got != 0 {
				t.Fatalf("packet %d: picture %d after %d (new frame: %v)", i, d.PictureID, last.PictureID, isNew)
			}
		}
		last = &d
	}
}

func layerOf(p rtp.Packet) byte { return p.Payload[7] }

func seesLayer(c *client, layer byte) func() bool {
	return func() bool {
		got := c.packets()
		return len(got) > 0 && layerOf(got[len(got)-1]) == layer
	}
}

func modes(t *testing.T, f func(t *testing.T, single bool)) {
	t.Run("single", func(t *testing.T) { f(t, true) })
	t.Run("dual", func(t *testing.T) { f(t, false) })
}

// watch makes a viewer of track, in either mode.
func watch(t *testing.T, r *Room, id ParticipantID, track TrackID, single bool) *client {
	t.Helper()
	c := join(t, r, id, PeerOptions{Single: single})
	if err := c.peer.Subscribe(track); err != nil {
		t.Fatal(err)
	}
	if single {
		c.openChannels()
		c.receiveVideo(1)
		mids := c.offer()
		if len(mids) != 1 {
			t.Fatalf("the first answer carries %v", mids)
		}
	}
	return c
}

func TestViewersSeeTheBestLayerAndSwitch(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		r := newTestEngine(t).NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", single)
		v := watch(t, r, "PA_v", "TR_1", single)
		cam.film("the full layer", seesLayer(v, 1))
		if got := v.tracks; len(got) != 1 || got[0] != "PA_cam|TR_1" {
			t.Errorf("streams %v", got)
		}
		if ext := v.packets()[0].GetExtensionIDs(); len(ext) != 1 {
			t.Errorf("extensions %v, want playout-delay", ext)
		}
		if err := v.peer.Prefer("TR_1", Preference{MaxQuality: Mid}); err != nil {
			t.Fatal(err)
		}
		cam.film("the half layer", seesLayer(v, 0))
		if err := v.peer.Prefer("TR_1", Preference{MaxQuality: High, Width: 1280, Height: 800}); err != nil {
			t.Fatal(err)
		}
		cam.film("the full layer again", seesLayer(v, 1))
		checkContinuous(t, v.packets())
	})
}
