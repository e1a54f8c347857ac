package signaling_test

import (
	"errors"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

func TestAViewerSeesWhatTheAgentPublishes(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	early := h.enter("early", room.Viewer)
	agent.feed()
	early.until("early viewer receives", func() bool { return early.packets > 20 })
	late := h.enter("late", room.Viewer)
	late.until("late viewer receives", func() bool { return late.packets > 20 })
	late.until("the agent is active", func() bool { return late.people["agent"].Active })
	agent.until("the agent knows both", func() bool {
		return agent.people["early"].Active && agent.people["late"].Active
	})
}

func TestDataGoesToEveryoneElse(t *testing.T) {
	h := open(t, nil)
	a, b, c := h.enter("a", room.Viewer), h.enter("b", room.Viewer), h.enter("c", room.Viewer)
	for _, g := range []*guest{a, b, c} {
		g.until("everyone is active", func() bool { return countActive(g) == 2 })
	}
	if err := a.PublishData("chat", []byte("to all"), true); err != nil {
		t.Fatal(err)
	}
	b.until("b hears", b.heard(message{"a", "chat", "to all"}))
	c.until("c hears", c.heard(message{"a", "chat", "to all"}))

	if err := a.PublishData("chat", []byte("to b"), true, "b"); err != nil {
		t.Fatal(err)
	}
	if err := a.PublishData("chat", []byte("end"), true); err != nil {
		t.Fatal(err)
	}
	b.until("b hears what is for b", b.heard(message{"a", "chat", "to b"}))
	c.until("c hears the end", c.heard(message{"a", "chat", "end"}))
	if c.holds(c.heard(message{"a", "chat", "to b"})) {
		t.Error("c heard what was for b alone")
	}
	if len(chat(a)) != 0 {
		t.Errorf("a heard itself: %v", a.messages)
	}

	lossy := message{"a", "pointer", "now"}
	b.until("b hears a lossy packet", func() bool {
		// Lossy packets are dropped until the channel is up.
		if err := a.PublishData("pointer", []byte("now"), false); err != nil {
			t.Error(err)
		}
		return b.heard(lossy)()
	})
}

func countActive(g *guest) int {
	n := 0
	for _, p := range g.people {
		if p.Active {
			n++
		}
	}
	return n
}

func chat(g *guest) []message {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []message
	for _, m := range g.messages {
		if m.topic == "chat" {
			out = append(out, m)
		}
	}
	return out
}

func TestOnlyTheHolderReachesTheCanvas(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	owner := h.enter("owner", room.Owner)
	viewer := h.enter("viewer", room.Viewer)
	agent.until("all are active", func() bool { return countActive(agent) == 2 })
	lease := owner.lease()
	if lease.Holder != "owner" {
		t.Fatalf("lease %+v, want the owner's", lease)
	}

	input := encodeInput(t, lease.Generation, 1)
	for _, g := range []*guest{viewer, owner} {
		if err := g.PublishData(wire.TopicInput, input, true); err != nil {
			t.Fatal(err)
		}
	}
	agent.until("the owner's input arrives", agent.heard(message{"owner", wire.TopicInput, string(input)}))
	viewer.waitMetric(h, "easel_input_refused_total", 1, "view_only")
	if agent.holds(agent.heard(message{"viewer", wire.TopicInput, string(input)})) {
		t.Error("a viewer's input reached the agent")
	}
	if viewer.holds(viewer.heard(message{"owner", wire.TopicInput, string(input)})) {
		t.Error("input reached a viewer")
	}

	// Nobody but the agent speaks for the canvas.
	if err := viewer.PublishData(wire.TopicFrame, []byte("x"), true); err != nil {
		t.Fatal(err)
	}
	viewer.waitMetric(h, "easel_data_dropped_total", 1, "not_allowed")
	if err := agent.PublishData(wire.TopicFrame, []byte("frame"), true); err != nil {
		t.Fatal(err)
	}
	viewer.until("the viewer hears the agent", viewer.heard(message{"agent", wire.TopicFrame, "frame"}))
}

func TestControlChangesHands(t *testing.T) {
	h := open(t, nil)
	owner := h.enter("owner", room.Owner)
	editor := h.enter("editor", room.Editor)
	viewer := h.enter("viewer", room.Viewer)
	first := owner.lease()

	viewer.command(wire.Control{Type: wire.ControlTake})
	if c := viewer.control(wire.ControlRefused); c.Code != "view_only" || c.Reason == "" {
		t.Errorf("a viewer's take was answered with %+v", c)
	}
	editor.command(wire.Control{Type: wire.ControlRequest})
	owner.until("the owner learns who waits", func() bool {
		l := owner.lastLease()
		return l != nil && len(l.Waiting) == 1 && l.Waiting[0] == "editor"
	})
	owner.command(wire.Control{Type: wire.ControlGrant, To: "editor"})
	viewer.until("the editor holds it", func() bool {
		l := viewer.lastLease()
		return l != nil && l.Holder == "editor" && l.Generation > first.Generation
	})
	editor.leave()
	viewer.until("control is free", func() bool {
		l := viewer.lastLease()
		return l != nil && l.Holder == ""
	})
}

func TestANewAgentStartsANewGeneration(t *testing.T) {
	h := open(t, nil)
	owner := h.enter("owner", room.Owner)
	first := owner.lease()
	h.enter("agent", room.Agent)
	owner.until("the generation moves on", func() bool {
		l := owner.lastLease()
		return l != nil && l.Holder == "owner" && l.Generation > first.Generation
	})
}

func TestASecondJoinReplacesTheFirst(t *testing.T) {
	h := open(t, nil)
	other := h.enter("other", room.Viewer)
	first := h.enter("twin", room.Viewer)
	other.until("the first is there", func() bool { return other.people["twin"].SID == first.SID() })
	second := h.enter("twin", room.Viewer)
	first.until("the first is told to leave", func() bool { return first.closed })
	if !first.holds(func() bool { return errors.Is(first.closing, client.ErrLeft) }) {
		t.Error("the first was not told to leave")
	}
	other.until("the second took the place", func() bool { return other.people["twin"].SID == second.SID() })
	if first.SID() == second.SID() {
		t.Error("both stays have one sid")
	}
}

func TestNoticesAndClosing(t *testing.T) {
	h := open(t, nil)
	g := h.enter("g", room.Viewer)
	g.lease()
	h.server.Notice("studio", "gimp_restarted", "GIMP was restarted")
	h.server.Notice("nowhere", "x", "y")
	if c := g.control(wire.ControlNotice); c.Code != "gimp_restarted" || c.Text != "GIMP was restarted" {
		t.Errorf("notice %+v", c)
	}
	h.server.CloseRoom("studio")
	g.until("the guest is sent away", func() bool { return g.closed })
	if !g.holds(func() bool { return errors.Is(g.closing, client.ErrLeft) }) {
		t.Error("the guest was not told to leave")
	}
}

func TestAnEmptyRoomCloses(t *testing.T) {
	seen := &watcher{closed: make(chan string, 1)}
	h := open(t, func(c *signaling.Config) {
		c.Times.EmptyRoom = 50 * time.Millisecond
		c.Observer = seen
	})
	g := h.enter("g", room.Viewer)
	g.leave()
	select {
	case name := <-seen.closed:
		if name != "studio" {
			t.Errorf("closed %q", name)
		}
	case <-time.After(patience):
		t.Fatal("the room stays open")
	}
}

type watcher struct {
	signaling.Unobserved
	closed chan string
}

func (w *watcher) RoomClosed(name string) { w.closed <- name }

func TestAgentAttributes(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	viewer := h.enter("viewer", room.Viewer)
	if err := agent.SetAttributes(map[string]string{room.DisplayAttribute: "1280x800"}); err != nil {
		t.Fatal(err)
	}
	viewer.until("the viewer sees the display's size", func() bool {
		a := viewer.people["agent"].Attributes
		return a[room.DisplayAttribute] == "1280x800" && a[room.RoleAttribute] == "agent"
	})
	if err := agent.SetAttributes(map[string]string{room.RoleAttribute: "owner"}); err != nil {
		t.Fatal(err)
	}
	if err := viewer.SetAttributes(map[string]string{"mood": "fine"}); err != nil {
		t.Fatal(err)
	}
	if err := agent.SetAttributes(map[string]string{"last": "1"}); err != nil {
		t.Fatal(err)
	}
	viewer.until("the last change is seen", func() bool { return viewer.people["agent"].Attributes["last"] == "1" })
	if !viewer.holds(func() bool { return viewer.people["agent"].Attributes[room.RoleAttribute] == "agent" }) {
		t.Error("the agent changed its role")
	}
	if agent.holds(func() bool { return agent.people["viewer"].Attributes["mood"] != "" }) {
		t.Error("a viewer set an attribute")
	}
}

func TestAResizedTrackIsToldAndFollowed(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	track := agent.feed()
	witness, _ := h.join("witness", room.Viewer)
	if err := track.SetDimensions([]client.Layer{{RID: "h", Width: 400, Height: 300}, {RID: "f", Width: 800, Height: 600}}); err != nil {
		t.Fatal(err)
	}
	witness.find("the new size", func(m *livekit.SignalResponse) bool {
		for _, p := range m.GetUpdate().GetParticipants() {
			for _, tr := range p.GetTracks() {
				if tr.GetWidth() == 800 && tr.GetHeight() == 600 && tr.GetCodecs()[0].GetLayers()[0].GetWidth() == 400 {
					return true
				}
			}
		}
		return false
	})
}
