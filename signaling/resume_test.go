package signaling_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
)

// wirecutter carries TCP connections to a server, and cuts them.
type wirecutter struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	block bool
}

func newWirecutter(t *testing.T, h *house) *wirecutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wirecutter{listener: l, target: strings.TrimPrefix(h.url, "ws://"), open: map[net.Conn]struct{}{}}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.cut(true)
		w.running.Wait()
	})
	return w
}

func (w *wirecutter) url() string { return "ws://" + w.listener.Addr().String() }

func (w *wirecutter) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.target)
		if err != nil || !w.keep(near, far) {
			_ = near.Close()
			continue
		}
		for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
			w.running.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_ = pair[0].Close()
			})
		}
	}
}

func (w *wirecutter) keep(near, far net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.block {
		_ = far.Close()
		return false
	}
	w.open[near], w.open[far] = struct{}{}, struct{}{}
	return true
}

// cut ends what is open; while block is true new connections end at once.
func (w *wirecutter) cut(block bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.block = block
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

func TestALostSignalConnectionHeals(t *testing.T) {
	h := open(t, nil)
	scissors := newWirecutter(t, h)
	agent := h.enterWith(client.Options{URL: scissors.url(), Token: h.token("agent", room.Agent)})
	viewer := h.enterWith(client.Options{URL: scissors.url(), Token: h.token("viewer", room.Viewer), Subscribe: true})
	bystander := h.enter("bystander", room.Viewer)
	agent.feed()
	viewer.until("the picture comes", func() bool { return viewer.packets > 20 })
	bystander.until("all are active", func() bool { return countActive(bystander) == 2 })
	agentSID := agent.SID()

	scissors.cut(true)
	if err := agent.SetAttributes(map[string]string{room.DisplayAttribute: "10x10"}); err != nil {
		t.Fatal(err)
	}
	bystander.leave()
	scissors.cut(false)

	viewer.until("the news of the gap arrives", func() bool {
		_, here := viewer.people["bystander"]
		return !here && viewer.people["agent"].Attributes[room.DisplayAttribute] == "10x10"
	})
	var before int
	viewer.until("the picture goes on", func() bool {
		if before == 0 {
			before = viewer.packets
		}
		return viewer.packets > before+50
	})
	if viewer.holds(func() bool { return viewer.people["agent"].SID != agentSID || viewer.closed }) {
		t.Error("the agent joined anew, or the viewer was closed")
	}
	if err := viewer.PublishData("chat", []byte("still here"), true); err != nil {
		t.Fatal(err)
	}
	agent.until("data flows", agent.heard(message{"viewer", "chat", "still here"}))
}

func TestWhatCannotHealEnds(t *testing.T) {
	h := open(t, func(c *signaling.Config) { c.Times.Resume = 20 * time.Millisecond })
	scissors := newWirecutter(t, h)
	g := h.enterWith(client.Options{URL: scissors.url(), Token: h.token("g", room.Viewer)})
	witness := h.enter("witness", room.Viewer)
	witness.until("g is there", func() bool { return witness.people["g"].SID != "" })
	scissors.cut(true)
	witness.until("g is gone", func() bool { _, here := witness.people["g"]; return !here })
	scissors.cut(false)
	g.until("g is told", func() bool { return g.closed })
	if !g.holds(func() bool { return errors.Is(g.closing, client.ErrLeft) }) {
		t.Errorf("g ended with %v", g.closing)
	}
}

func TestARefusedTokenIsRefusedForGood(t *testing.T) {
	h := open(t, nil)
	_, err := client.Dial(t.Context(), client.Options{URL: h.url, Token: "garbage"}, &guest{t: t})
	if !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "malformed") {
		t.Errorf("dial: %v", err)
	}
}
