package signaling_test

import (
	"testing"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// slowWindow is a window that takes its time to hear of a change of the lease.
type slowWindow struct {
	told  bool          // as it was opened
	asked chan struct{} // full: it has been told of a change
	open  chan struct{} // closed: it answers
}

func (w *slowWindow) Lease(wire.Lease, func()) bool {
	if !w.told {
		w.told = true
		return false
	}
	select {
	case w.asked <- struct{}{}:
	default:
	}
	<-w.open
	return false
}
func (w *slowWindow) Tell([]byte)    {}
func (w *slowWindow) Dismiss(string) {}

// A release that comes while windows are told of something else is not lost: the
// button would stay down, and the next stroke would be joined to this one.
func TestAReleaseIsNotLostWhileWindowsAreTold(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	ed, eva := h.enter("ed", room.Editor), h.enter("eva", room.Editor)
	agent.until("all are active", func() bool { return countActive(agent) == 2 })
	free := ed.leaseWith("the canvas is free", func(l wire.Lease) bool { return l.Holder == "" })
	ed.hand(free.Generation, 1, down)
	held := eva.leaseWith("ed draws", func(l wire.Lease) bool { return l.Holder == "ed" })

	w := &slowWindow{asked: make(chan struct{}, 1), open: make(chan struct{})}
	defer close(w.open)
	if _, err := h.server.Visit(h.token("vera", room.Viewer), w); err != nil {
		t.Fatal(err)
	}
	eva.hand(held.Generation+1, 1, down) // she is in line now, which windows are told
	<-w.asked
	release := ed.hand(held.Generation, 2, up)
	agent.until("the release arrives", agent.heard(message{"ed", wire.TopicInput, string(release)}))
}
