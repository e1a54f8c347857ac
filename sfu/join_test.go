package sfu

import (
	"fmt"
	"testing"

	"github.com/easel-live/easel/sfu/packet"
)

func TestALateJoinerStartsFromTheRing(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		r := newTestEngine(t).NewRoom("r")
		cam := publish(t, r, "PA_cam", "TR_1", single)
		first := watch(t, r, "PA_1", "TR_1", single)
		cam.film("the first viewer sees the full layer", seesLayer(first, 1))
		cam.frame(true, 0, 1)
		for range 5 {
			cam.frame(false, 0, 1)
		}
		eventually(t, "the first viewer has it all", func() bool {
			got := first.packets()
			return got[len(got)-1].Timestamp == cam.timestamp && got[len(got)-1].Marker
		})
		asked := cam.keyframesAsked()

		late := watch(t, r, "PA_2", "TR_1", single)
		eventually(t, "the late viewer has the last frame", func() bool {
			got := late.packets()
			return len(got) == 12 && got[11].Timestamp == cam.timestamp
		})
		got := late.packets()
		if d, _ := packet.ParseVP8(got[0].Payload); !d.Key {
			t.Error("the first packet is not a keyframe's")
		}
		checkContinuous(t, got)
		if cam.keyframesAsked() != asked {
			t.Error("the publisher was asked for a keyframe")
		}
		cam.frame(false, 0, 1)
		eventually(t, "the live frame follows", func() bool { return len(late.packets()) == 14 })
		checkContinuous(t, late.packets())
	})
}

func TestManyViewersMakeOneRequest(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	cam.frame(false, 0, 1) // media without a keyframe
	eventually(t, "published", func() bool {
		return look(cam.see, func() int { return len(cam.see.published) }) == 1
	})
	viewers := make([]*client, 6)
	for i := range viewers {
		viewers[i] = watch(t, r, ParticipantID(fmt.Sprint("PA_", i)), "TR_1", i%2 == 0)
	}
	for _, v := range viewers {
		cam.film("everyone sees it", seesLayer(v, 1))
	}
	if n := cam.keyframesAsked(); n > 2*len(viewers) {
		t.Errorf("%d keyframes were asked for %d viewers", n, len(viewers))
	}
}

func TestSubscriptionsWaitForMediaAndOutliveTheCamera(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		r := newTestEngine(t).NewRoom("r")
		c := join(t, r, "PA_cam", PeerOptions{Single: true, MayPublish: true})
		v := join(t, r, "PA_v", PeerOptions{Single: single})
		if err := c.peer.Announce(TrackSpec{ID: "TR_0", Video: true, Renditions: []RenditionSpec{{ClientID: "other"}}}); err != nil {
			t.Fatal(err)
		}
		if err := v.peer.Subscribe("TR_0"); err != nil {
			t.Fatal(err)
		}
		if err := v.peer.Subscribe("TR_0"); err != nil {
			t.Fatal("subscribing twice:", err)
		}
		if err := c.peer.Unpublish("TR_0"); err != nil {
			t.Fatal(err)
		}
		cam := publishOn(t, c, "TR_1")
		if err := v.peer.Subscribe("TR_1"); err != nil {
			t.Fatal(err)
		}
		if single {
			v.receiveVideo(2)
			v.offer()
		}
		cam.film("the first camera", seesLayer(v, 1))
		cam.leave()
		if got := r.Publications(); len(got) != 0 {
			t.Fatalf("left behind: %v", got)
		}

		again := publish(t, r, "PA_cam2", "TR_2", true)
		if err := v.peer.Subscribe("TR_2"); err != nil {
			t.Fatal(err)
		}
		if single {
			eventually(t, "a section is wanted", func() bool {
				return look(v.see, func() int { return v.see.wanted[1] }) == 1
			})
			v.offer()
		}
		v.mu.Lock()
		v.got = nil
		v.mu.Unlock()
		again.film("the second camera", func() bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return len(v.got) > 4 && layerOf(v.got[len(v.got)-1]) == 1
		})
	})
}

func TestSectionsAreWantedOncePerTrack(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_cam", PeerOptions{Single: true, MayPublish: true})
	for i := range 3 {
		if err := c.peer.Announce(TrackSpec{ID: TrackID(fmt.Sprint("TR_", i)), Video: true, Renditions: []RenditionSpec{{ClientID: fmt.Sprint(i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	v := join(t, r, "PA_v", PeerOptions{Single: true})
	if err := v.peer.Subscribe("TR_0"); err != nil {
		t.Fatal(err)
	}
	v.receiveVideo(1)
	if mids := v.offer(); len(mids) != 1 {
		t.Fatalf("answer carries %v", mids)
	}
	for _, id := range []TrackID{"TR_1", "TR_2"} {
		if err := v.peer.Subscribe(id); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "two sections are wanted", func() bool {
		return look(v.see, func() int { return v.see.wanted[1] }) == 2
	})
	v.receiveVideo(2)
	mids := v.offer()
	if len(mids) != 3 {
		t.Fatalf("answer carries %v", mids)
	}
	if again := v.offer(); len(again) != 3 {
		t.Fatalf("the next answer carries %v", again)
	}
	if err := v.peer.Unsubscribe("TR_1"); err != nil {
		t.Fatal(err)
	}
	if mids := v.offer(); len(mids) != 2 {
		t.Fatalf("after unsubscribing the answer carries %v", mids)
	}
	if err := v.peer.Subscribe("TR_1"); err != nil {
		t.Fatal(err)
	}
	if mids := v.offer(); len(mids) != 3 {
		t.Fatalf("the freed section was not used again: %v", mids)
	}
}

func TestPauseAndResumeCostNoKeyframe(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	v := watch(t, r, "PA_v", "TR_1", true)
	cam.film("the full layer", seesLayer(v, 1))
	cam.mu.Lock()
	cam.wantKey = [2]bool{}
	cam.mu.Unlock()
	asked := cam.keyframesAsked()
	cam.frame(false, 0, 1)
	at := cam.timestamp
	eventually(t, "the last frame before the pause", func() bool {
		got := v.packets()
		return got[len(got)-1].Timestamp == at && got[len(got)-1].Marker
	})
	if err := v.peer.Prefer("TR_1", Preference{Disabled: true, MaxQuality: High}); err != nil {
		t.Fatal(err)
	}
	n := len(v.packets())
	for range 3 {
		cam.frame(false, 0, 1)
	}
	pub, err := r.track("TR_1")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the frames are in the ring", func() bool {
		l := pub.renditions[0].layers.Load()[High]
		l.ring.RLock()
		defer l.ring.RUnlock()
		p := l.ring.At(l.ring.Head())
		return p.Timestamp == cam.timestamp && p.Marker
	})
	if got := len(v.packets()); got != n {
		t.Fatalf("%d packets came in the pause", got-n)
	}
	if err := v.peer.Prefer("TR_1", Preference{MaxQuality: High}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was missed", func() bool { return len(v.packets()) == n+6 })
	checkContinuous(t, v.packets())
	if cam.keyframesAsked() != asked {
		t.Error("a keyframe was asked for")
	}
}
