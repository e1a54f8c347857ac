package e2e

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/stats"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

// handovers is how many of each kind are timed: few in every run, as many as
// EASEL_HANDOVERS says (up to 500) when somebody wants to know.
func handovers() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_HANDOVERS")); err == nil && n > 0 {
		return min(n, 500)
	}
	return 5
}

// hand is somebody who draws by a program.
type hand struct {
	*client.Conn
	identity string
	heard    chan struct{} // full: there may be a new lease

	mu         sync.Mutex
	lease      wire.Lease
	generation uint32 // of the stroke
	sequence   uint32
}

func (h *hand) OnParticipant(client.Participant) {}
func (h *hand) OnClosed(error)                   {}

func (h *hand) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}

func (h *hand) OnData(_, topic string, payload []byte) {
	c, err := wire.DecodeControl(payload)
	if topic != wire.TopicControl || err != nil || c.Lease == nil {
		return
	}
	h.mu.Lock()
	if c.Lease.Revision > h.lease.Revision {
		h.lease = *c.Lease
	}
	h.mu.Unlock()
	select {
	case h.heard <- struct{}{}:
	default:
	}
}

func join(t *testing.T, inst *instance.Instance, s instance.Session, identity, role string) *hand {
	t.Helper()
	token, err := inst.Token(t.Context(), s.Room, identity, role)
	if err != nil {
		t.Fatal(err)
	}
	h := &hand{identity: identity, heard: make(chan struct{}, 1)}
	h.Conn, err = client.Dial(t.Context(), client.Options{URL: "ws" + inst.URL[len("http"):], Token: token}, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	h.wait(t, "a lease", func(l wire.Lease) bool { return l.Revision > 0 })
	return h
}

// wait waits for a lease.
func (h *hand) wait(t *testing.T, what string, is func(wire.Lease) bool) {
	t.Helper()
	over := time.After(patience)
	for {
		h.mu.Lock()
		l := h.lease
		h.mu.Unlock()
		if is(l) {
			return
		}
		select {
		case <-h.heard:
		case <-over:
			t.Fatalf("%s never saw %s: %+v", h.identity, what, l)
		}
	}
}

func (h *hand) holds(l wire.Lease) bool { return l.Holder == h.identity }

func (h *hand) say(t *testing.T, c wire.Control) {
	t.Helper()
	word, err := wire.EncodeControl(&c)
	if err == nil {
		err = h.PublishData(wire.TopicControl, word, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// do sends events in the tenure that is, or begins the next one.
func (h *hand) do(t *testing.T, events ...wire.Event) {
	t.Helper()
	h.mu.Lock()
	generation := h.lease.Generation
	if h.lease.Holder != "" && h.lease.Holder != h.identity {
		generation++
	}
	if generation != h.generation {
		h.generation, h.sequence = generation, 0
	}
	in := wire.Input{Generation: generation, First: h.sequence + 1, Barrier: h.sequence, Events: events}
	h.sequence += uint32(len(events))
	h.mu.Unlock()
	raw, err := wire.AppendInput(nil, &in)
	if err == nil {
		err = h.PublishData(wire.TopicInput, raw, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bell is a window on the display that tells when it is pressed, and let go of.
type bell struct {
	t    *testing.T
	conn *xgb.Conn
}

const bellSize = 20

func ring(t *testing.T, s instance.Session) *bell {
	t.Helper()
	t.Setenv("XAUTHORITY", authority(s))
	c, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	screen := xproto.Setup(c).DefaultScreen(c)
	w, err := xproto.NewWindowId(c)
	if err != nil {
		t.Fatal(err)
	}
	mask := uint32(xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease)
	if err := errors.Join(xproto.CreateWindowChecked(c, screen.RootDepth, w, screen.Root, 0, 0, bellSize, bellSize, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, mask}).Check(),
		xproto.MapWindowChecked(c, w).Check()); err != nil {
		t.Fatal(err)
	}
	return &bell{t: t, conn: c}
}

// next waits until the bell is pressed, or let go of.
func (b *bell) next(down bool) time.Time {
	b.t.Helper()
	over := time.AfterFunc(patience, b.conn.Close)
	defer over.Stop()
	for {
		event, err := b.conn.WaitForEvent()
		_, pressed := event.(xproto.ButtonPressEvent)
		_, released := event.(xproto.ButtonReleaseEvent)
		switch {
		case event == nil && err == nil:
			b.t.Fatal("nothing rang")
		case down && pressed, !down && released:
			return time.Now()
		}
	}
}

// commandPause is how far apart somebody's commands may be for good.
const commandPause = time.Second / 4

// TestHandover times how control changes hands, to the press that the display
// sees, between two people with colours of their own.
func TestHandover(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := join(t, inst, s, "owner", "owner")
	owner.say(t, wire.Control{Type: wire.ControlPolicy, Policy: "open"})
	owner.say(t, wire.Control{Type: wire.ControlRelease})
	ann, ben := join(t, inst, s, "ann", "editor"), join(t, inst, s, "ben", "editor")
	bell := ring(t, s)
	down := wire.Event{Kind: wire.ButtonDown, Button: 1, X: bellSize / 2, Y: bellSize / 2}
	up := down
	up.Kind = wire.ButtonUp
	free := func(l wire.Lease) bool { return l.Holder == "" }
	tap := func(keysym uint32) []wire.Event {
		return []wire.Event{{Kind: wire.KeyDown, Keysym: keysym}, {Kind: wire.KeyUp, Keysym: keysym}}
	}
	// Ben has the colours the other way round, so that each handover changes them.
	ann.wait(t, "a free canvas", free)
	ann.do(t, tap('d')...)
	ben.wait(t, "ann drawing", ann.holds)
	ben.wait(t, "a free canvas", free)
	ben.do(t, append(tap('d'), tap('x')...)...)
	ann.wait(t, "ben drawing", ben.holds)

	samples := map[string][]float64{}
	took := func(what string, since, now time.Time) {
		samples[what] = append(samples[what], float64(now.Sub(since).Microseconds())/1000)
	}
	from, to := ben, ann
	for i := range handovers() {
		if i > 0 {
			from, to = to, from
		}
		// Onto a free canvas.
		to.wait(t, "a free canvas", free)
		pressed := time.Now()
		to.do(t, down)
		took("a press on a free canvas, to the display", pressed, bell.next(true))
		to.wait(t, "control", to.holds)
		// In line, until the other one lets go.
		from.wait(t, "somebody else drawing", to.holds)
		from.do(t, down)
		from.wait(t, "a place in line", func(l wire.Lease) bool { return len(l.Waiting) > 0 })
		to.do(t, up)
		released := bell.next(false)
		from.wait(t, "control", from.holds)
		took("one's last release to the next in line's control", released, time.Now())
		from.do(t, down)
		took("one's last release to the next one's press on the display", released, bell.next(true))
		to.wait(t, "somebody else drawing", from.holds)
		from.do(t, up)
		bell.next(false)
	}
	owner.say(t, wire.Control{Type: wire.ControlPolicy, Policy: "ask"})
	owner.say(t, wire.Control{Type: wire.ControlGrant, To: to.identity})
	to.wait(t, "control", to.holds)
	for range handovers() {
		from, to = to, from
		to.say(t, wire.Control{Type: wire.ControlRequest})
		from.wait(t, "a wish", func(l wire.Lease) bool { return len(l.Waiting) > 0 })
		granted := time.Now()
		from.say(t, wire.Control{Type: wire.ControlGrant, To: to.identity})
		to.wait(t, "control", to.holds)
		took("a grant to the other one's control", granted, time.Now())
		to.do(t, down)
		took("a grant to the other one's press on the display", granted, bell.next(true))
		to.do(t, up)
		bell.next(false)
		from.wait(t, "somebody else drawing", to.holds)
		time.Sleep(commandPause)
	}
	for what, ms := range samples {
		sum := stats.Summarize(ms).Rounded(1)
		t.Logf("%s: p50 %.1f ms, p95 %.1f ms (n = %d)", what, sum.P50, sum.P95, sum.N)
	}
}
