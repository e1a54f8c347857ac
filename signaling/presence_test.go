package signaling_test

import (
	"testing"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

func (g *guest) show(message any, reliable bool) {
	g.t.Helper()
	raw, err := wire.AppendPresence(nil, message)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.PublishData(wire.TopicPointer, raw, reliable); err != nil {
		g.t.Fatal(err)
	}
}

// saw waits for a presence message that meets a condition.
func (g *guest) saw(what string, cond func(from string, message any) bool) {
	g.t.Helper()
	g.until(what, func() bool {
		for _, m := range g.messages {
			if m.topic != wire.TopicPointer {
				continue
			}
			if message, err := wire.DecodePresence([]byte(m.payload)); err == nil && cond(m.from, message) {
				return true
			}
		}
		return false
	})
}

// Everybody is told where the others point, in one message from the server,
// which claims to be nobody.
func TestPointersAreToldToAll(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	eddy, vera := h.enter("eddy", room.Editor), h.enter("vera", room.Viewer)
	eddy.lease() // the channels are open
	vera.lease()
	at := wire.Pointer{X: 30, Y: 40, Shown: true}
	vera.show(at, true) // a lossy one could get lost
	told := func(from string, message any) bool {
		all, is := message.(wire.Pointers)
		return is && from == "" && len(all) == 1 && all[0].Identity == "vera" && all[0].Pointer == at
	}
	eddy.saw("where vera points", told)
	vera.saw("where she points herself", told)
	forged := wire.Pointers{{Identity: "eddy", Pointer: at}}
	vera.show(forged, true)
	eddy.waitMetric(h, "easel_data_dropped_total", 1, "not_allowed")
	vera.show(&wire.Ink{Stroke: 1, Ends: true, Points: [][2]uint16{{1, 2}}}, true)
	eddy.saw("vera's mark", func(from string, message any) bool {
		_, is := message.(*wire.Ink)
		return is && from == "vera"
	})
	if agent.holds(func() bool {
		for _, m := range agent.messages {
			if m.topic == wire.TopicPointer && m.from == "" {
				return true
			}
		}
		return false
	}) {
		t.Error("the agent was told of pointers")
	}
}

// A presenter's view reaches those who come later, until they stop or leave;
// viewers present nothing.
func TestTheViewOfAPresenter(t *testing.T) {
	h := open(t, nil)
	eddy, vera := h.enter("eddy", room.Editor), h.enter("vera", room.Viewer)
	eddy.lease()
	vera.lease()
	vera.show(wire.View{Width: 1, Height: 1}, true)
	vera.waitMetric(h, "easel_data_dropped_total", 1, "not_allowed")
	looks := wire.View{Left: 10, Top: 20, Width: 300, Height: 200}
	eddy.show(looks, true)
	sees := func(from string, message any) bool { return from == "eddy" && message == looks }
	vera.saw("what eddy looks at", sees)
	late := h.enter("lena", room.Viewer)
	late.saw("what eddy looks at", sees)
	eddy.leave()
	vera.until("eddy is gone", func() bool { _, here := vera.people["eddy"]; return !here })
	last := h.enter("lars", room.Viewer)
	last.lease()
	vera.show(wire.Reaction{Which: 2}, true)
	last.saw("vera's applause", func(from string, message any) bool {
		_, is := message.(wire.Reaction)
		return is && from == "vera"
	})
	if last.holds(func() bool {
		for _, m := range last.messages {
			if m.from == "eddy" {
				return true
			}
		}
		return false
	}) {
		t.Error("the view of somebody who left")
	}
}
