package signaling_test

import (
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// TestWaysAreCounted: each window counts once, by the way it names last; what is
// no way, or no reason, counts as nothing.
func TestWaysAreCounted(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.enter("ann", room.Owner), h.enter("bob", room.Viewer)
	shows := func(g *guest, way, why string) {
		g.command(wire.Control{Type: wire.ControlWay, Way: way, Code: why})
	}
	shows(ann, "webrtc-udp", "best")
	shows(bob, "webrtc-udp", "best")
	ann.waitMetric(h, "easel_canvas_ways", 2, "webrtc-udp")
	shows(bob, "vnc", "stalled")
	bob.waitMetric(h, "easel_canvas_switches_total", 1, "webrtc-udp", "stalled", "vnc")
	shows(bob, "vnc", "stalled") // told again
	shows(bob, "pigeon", "best")
	shows(bob, "turn", "for no reason")
	shows(bob, "turn", "best")
	bob.waitMetric(h, "easel_canvas_switches_total", 1, "vnc", "best", "turn")
	for way, want := range map[string]float64{"webrtc-udp": 1, "vnc": 0, "turn": 1} {
		if got := h.metric("easel_canvas_ways", way); got != want {
			t.Errorf("%v windows by %s, want %v", got, way, want)
		}
	}
	if got := h.metric("easel_canvas_switches_total", "vnc", "stalled", "vnc"); got != 0 {
		t.Errorf("%v changes from VNC to itself", got)
	}
	ann.waitMetric(h, "easel_data_dropped_total", 2, "malformed")
	bob.leave()
	for end := time.Now().Add(patience); h.metric("easel_canvas_ways", "turn") != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a window that is gone still counts")
		}
	}
}
