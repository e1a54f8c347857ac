package sfu

import (
	"testing"
	"time"
)

func TestHealthIsToldWhenItLasts(t *testing.T) {
	h := health{}
	var told []Connection
	look := func(times int, isUp bool, loss float64, less bool) {
		for range times {
			h.ticks, h.less = healthTicks, less
			if c := h.judge(isUp, loss); h.changes(c) {
				told = append(told, c)
			}
		}
	}
	look(2, true, 0, false)    // excellent
	look(1, true, 0.5, false)  // a moment
	look(9, true, 0, false)    // nothing new
	look(2, true, 0, true)     // good: less than wanted
	look(2, true, 0.2, true)   // poor
	look(3, true, 0, false)    // not yet
	look(1, true, 0, false)    // excellent
	look(2, false, 0, false)   // lost
	look(4, true, 0.05, false) // good
	want := []Connection{Excellent, Good, Poor, Excellent, Lost, Good}
	if len(told) != len(want) {
		t.Fatalf("told %v, want %v", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Fatalf("told %v, want %v", told, want)
		}
	}
}

func TestLossIsTheWorstOfLate(t *testing.T) {
	p := &path{}
	now := time.Unix(1000, 0)
	p.hearLoss(64, now)
	p.hearLoss(0, now.Add(500*time.Millisecond)) // of another stream
	if got := p.lossShare(now.Add(time.Second)); got != 0.25 {
		t.Errorf("lost %v", got)
	}
	p.hearLoss(0, now.Add(2*time.Second))
	if got := p.lossShare(now.Add(2 * time.Second)); got != 0 {
		t.Errorf("still lost %v", got)
	}
	p.hearLoss(255, now.Add(3*time.Second))
	if got := p.lossShare(now.Add(3*time.Second + 2*lossAge)); got != 0 {
		t.Errorf("an old word counts: %v", got)
	}
}

func TestConnectionsAreTold(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	cam := publish(t, r, "PA_cam", "TR_1", true)
	v := watch(t, r, "PA_v", "TR_1", false)
	cam.film("the picture", seesLayer(v, 1))
	first := func(c *client) func() bool {
		return func() bool {
			told := look(c.see, func() []Connection { return append([]Connection(nil), c.see.connections...) })
			return len(told) > 0 && told[0] == Excellent
		}
	}
	eventually(t, "the viewer's connection is excellent", first(v))
	eventually(t, "the publisher's too", first(cam.client))
}
