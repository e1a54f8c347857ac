package collab_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// world is a room with its people, the server's arbiter, the agent's sequencer,
// and everything that is under way between them. Reliable messages of one link
// arrive in order; moves overtake, are overtaken, and get lost.
type world struct {
	t       *rapid.T
	now     time.Time
	arbiter *collab.Arbiter
	told    uint32 // revision that was told last
	clients []*client
	toAgent []message // reliable: input and leases
	toX     []message // lossy

	sequencer *inject.Sequencer
	down      map[string]bool   // in X
	handOf    map[uint32]string // who held each generation
	playing   string            // whose packet the agent takes right now
	pressedBy string            // who pressed what is down in X
	stroke    uint16            // that it began
}

// client is a browser: what it knows, and what is under way to and from it.
type client struct {
	name          string
	here          bool
	lease         wire.Lease
	generation    uint32 // 0: no stroke may be sent
	claimed       bool   // by a press whose answer is under way
	burned        uint32
	next, barrier uint32
	down          bool
	up, lossy     []message
	fromServer    []wire.Control
	stroke        uint16
}

type message struct {
	from  string
	input *wire.Input
	lease *wire.Lease
}

func newWorld(t *rapid.T) *world {
	w := &world{
		t: t, now: time.Unix(1_700_000_000, 0), arbiter: collab.NewArbiter(),
		down: make(map[string]bool), handOf: make(map[uint32]string),
	}
	w.sequencer = inject.NewSequencer(w.play)
	for _, name := range []string{"ann", "ben", "cyd"} {
		w.clients = append(w.clients, &client{name: name})
	}
	return w
}

// play is X: what the agent's sequencer lets through.
func (w *world) play(at inject.Stamp, e *wire.Event) {
	generation := at.Generation
	if e.Kind == wire.ReleaseAll {
		clear(w.down)
		return
	}
	if owner := w.handOf[generation]; owner != w.playing {
		w.t.Fatalf("X got input of %s in generation %d, which is %q's", w.playing, generation, owner)
	}
	if w.down["button"] && e.X != w.stroke {
		w.t.Fatalf("event %d of stroke %d joined stroke %d", e.Kind, e.X, w.stroke)
	}
	switch e.Kind {
	case wire.ButtonDown:
		if len(w.down) > 0 && w.pressedBy != w.playing {
			w.t.Fatalf("%s pressed while %s still does", w.playing, w.pressedBy)
		}
		w.down["button"], w.pressedBy, w.stroke = true, w.playing, e.X
	case wire.ButtonUp:
		delete(w.down, "button")
	}
}

// settle is what the server does after anything: due things, then news.
func (w *world) settle() {
	w.arbiter.Tick(w.now)
	l := w.arbiter.Lease()
	if l.Holder != "" {
		if before, ok := w.handOf[l.Generation]; ok && before != l.Holder {
			w.t.Fatalf("generation %d was %s's and is %s's", l.Generation, before, l.Holder)
		}
		w.handOf[l.Generation] = l.Holder
		if role, err := w.arbiter.Role(l.Holder); err != nil || !role.MayControl() {
			w.t.Fatalf("%s holds the canvas as %q (%v)", l.Holder, role, err)
		}
	}
	if at := w.arbiter.Deadline(); !at.IsZero() && !at.After(w.now) {
		w.t.Fatalf("after what was due at %v, something is due at %v: %+v", w.now, at, l)
	}
	if l.Revision == w.told {
		return
	}
	if l.Revision < w.told {
		w.t.Fatal("revision went back")
	}
	w.told = l.Revision
	w.toAgent = append(w.toAgent, message{lease: &l})
	for _, c := range w.clients {
		if c.here {
			c.fromServer = append(c.fromServer, wire.Control{Type: wire.ControlLease, Lease: &l})
		}
	}
}

// pass lets time pass; the server wakes at its deadlines.
func (w *world) pass(by time.Duration) {
	end := w.now.Add(by)
	for {
		at := w.arbiter.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		w.now = at
		w.settle()
	}
	w.now = end
	w.settle()
}

func (w *world) join(c *client, role room.Role) {
	w.arbiter.Join(c.name, role, w.now)
	*c = client{name: c.name, here: true, stroke: c.stroke}
	w.told = 0 // everyone is told anew
	w.settle()
}

func (w *world) leave(c *client) {
	c.here = false
	c.up, c.lossy, c.fromServer = nil, nil, nil
	w.arbiter.Leave(c.name, w.now)
	w.settle()
}

// offered is the generation c may press under, 0 for none.
func (c *client) offered() uint32 {
	g := c.lease.Generation
	if c.lease.Holder != "" {
		g++
	}
	if g <= c.burned || c.lease.Rules.Policy == "" {
		return 0
	}
	return g
}

func (c *client) send(reliable bool, events ...wire.Event) {
	in := &wire.Input{Generation: c.generation, First: c.next, Barrier: c.barrier, Events: events}
	c.next += uint32(len(events))
	m := message{from: c.name, input: in}
	if reliable {
		c.barrier = c.next - 1
		c.up = append(c.up, m)
	} else {
		c.lossy = append(c.lossy, m)
	}
}

func (c *client) press() {
	if c.generation == 0 {
		if c.offered() == 0 {
			return
		}
		c.generation, c.claimed, c.next, c.barrier = c.offered(), true, 1, 0
	}
	if !c.down {
		c.down = true
		c.stroke++
		c.send(true, wire.Event{Kind: wire.ButtonDown, Button: 1, X: c.stroke})
	}
}

func (c *client) move() {
	if c.generation != 0 {
		c.send(false, wire.Event{Kind: wire.Move, X: c.stroke}, wire.Event{Kind: wire.Move, X: c.stroke})
	}
}

func (c *client) lift() {
	if c.down {
		c.down = false
		c.send(true, wire.Event{Kind: wire.ButtonUp, Button: 1, X: c.stroke})
	}
}

// stop ends what c sends: the generation is not theirs.
func (c *client) stop() { c.generation, c.claimed, c.down = 0, false, false }

// hear takes one message of the server's.
func (c *client) hear() {
	if len(c.fromServer) == 0 {
		return
	}
	m := c.fromServer[0]
	c.fromServer = c.fromServer[1:]
	if m.Type == wire.ControlRefused {
		c.burned = max(c.burned, m.Generation)
		if c.claimed && c.generation == m.Generation {
			c.stop()
		}
		return
	}
	if m.Lease.Revision < c.lease.Revision {
		return
	}
	c.lease = *m.Lease
	switch {
	case c.lease.Holder == c.name && c.generation != c.lease.Generation:
		c.stop()
		c.generation, c.next, c.barrier = c.lease.Generation, 1, 0
	case c.lease.Holder == c.name:
		c.claimed = false
	case c.claimed && c.offered() == c.generation:
	default:
		c.stop()
	}
}

// arrive brings one message of c's to the server.
func (w *world) arrive(c *client, queue *[]message, i int) {
	if len(*queue) == 0 {
		return
	}
	i %= len(*queue)
	m := (*queue)[i]
	*queue = append((*queue)[:i:i], (*queue)[i+1:]...)
	before := w.arbiter.Lease()
	_, err := w.arbiter.Admit(c.name, m.input, w.now)
	after := w.arbiter.Lease()
	if errors.Is(err, collab.ErrPress) {
		c.fromServer = append(c.fromServer, wire.Control{Type: wire.ControlRefused, Generation: m.input.Generation})
	}
	if err != nil && (after.Holder != before.Holder || after.Generation != before.Generation) {
		w.t.Fatalf("refused input changed %+v to %+v", before, after)
	}
	if err == nil {
		if after.Holder != c.name || after.Generation != m.input.Generation {
			w.t.Fatalf("admitted input of %s under %d while the lease is %+v", c.name, m.input.Generation, after)
		}
		w.handOf[after.Generation] = c.name
		if queue == &c.up {
			w.toAgent = append(w.toAgent, m)
		} else {
			w.toX = append(w.toX, m)
		}
	}
	w.settle()
}

// agent takes one message.
func (w *world) agent(queue *[]message, i int) {
	if len(*queue) == 0 {
		return
	}
	i %= len(*queue)
	m := (*queue)[i]
	*queue = append((*queue)[:i:i], (*queue)[i+1:]...)
	if m.lease != nil {
		w.sequencer.Fence(m.lease.Generation)
		return
	}
	w.playing = m.from
	w.sequencer.Accept(m.input)
}

// step does one thing of all that can happen.
func (w *world) step() {
	t := w.t
	c := rapid.SampledFrom(w.clients).Draw(t, "who")
	other := rapid.SampledFrom(w.clients).Draw(t, "other")
	any := rapid.IntRange(0, 9)
	switch rapid.SampledFrom([]string{
		"time", "time", "join", "leave", "lost", "back", "role", "command", "policy", "press", "press", "move", "lift", "lift",
		"up", "up", "up", "lossy", "lossy", "lose", "hear", "hear", "hear", "agent", "agent", "agent", "x", "x",
	}).Draw(t, "what") {
	case "time":
		w.pass(rapid.SampledFrom([]time.Duration{
			time.Millisecond, collab.Linger, collab.OpenPatience, collab.Grace, collab.AskPatience, collab.StuckAfter,
		}).Draw(t, "time"))
	case "join":
		w.join(c, rapid.SampledFrom([]room.Role{room.Owner, room.Editor, room.Editor, room.Viewer}).Draw(t, "role"))
	case "leave":
		w.leave(c)
	case "lost":
		w.arbiter.Lost(c.name, w.now)
		w.settle()
	case "back":
		w.arbiter.Back(c.name, w.now)
		w.settle()
	case "role":
		_ = w.arbiter.SetRole(c.name, rapid.SampledFrom([]room.Role{room.Owner, room.Editor, room.Viewer}).Draw(t, "role"), w.now)
		w.settle()
	case "command":
		w.command(c, wire.Control{Type: rapid.SampledFrom([]string{
			wire.ControlRequest, wire.ControlTake, wire.ControlRelease, wire.ControlGrant, wire.ControlDeny, wire.ControlTransfer,
		}).Draw(t, "command"), To: other.name})
	case "policy":
		w.command(c, wire.Control{Type: wire.ControlPolicy, Policy: rapid.SampledFrom([]string{"open", "ask", "presenter"}).Draw(t, "policy")})
	case "press":
		c.press()
	case "move":
		c.move()
	case "lift":
		c.lift()
	case "up":
		for range any.Draw(t, "many") {
			w.arrive(c, &c.up, 0)
		}
	case "lossy":
		w.arrive(c, &c.lossy, any.Draw(t, "which"))
	case "lose":
		c.lossy = nil
	case "hear":
		for range any.Draw(t, "many") {
			c.hear()
		}
	case "agent":
		for range any.Draw(t, "many") {
			w.agent(&w.toAgent, 0)
		}
	case "x":
		w.agent(&w.toX, any.Draw(t, "which"))
	}
}

// command does what somebody asks, and checks that nobody is interrupted but by
// an owner's own taking.
func (w *world) command(c *client, m wire.Control) {
	before := w.arbiter.Lease()
	role, _ := w.arbiter.Role(c.name)
	pressed := w.arbiter.Pressed()
	err := w.arbiter.Command(c.name, &m, w.now)
	w.settle()
	after := w.arbiter.Lease()
	if err != nil && after.Rules != before.Rules {
		w.t.Fatalf("refused %+v changed the rules", m)
	}
	own := c.name == before.Holder && m.Type == wire.ControlRelease
	taken := role == room.Owner && m.Type == wire.ControlTake
	if pressed && after.Generation != before.Generation && !own && !taken {
		w.t.Fatalf("%s %+v (%v) cut a stroke: %+v, then %+v", c.name, m, err, before, after)
	}
}

// drain lets everything under way arrive.
func (w *world) drain() {
	for range 10_000 {
		busy := len(w.toAgent)+len(w.toX) > 0
		for _, c := range w.clients {
			busy = busy || len(c.up)+len(c.lossy)+len(c.fromServer) > 0
			w.arrive(c, &c.up, 0)
			w.arrive(c, &c.lossy, 0)
			c.hear()
		}
		w.agent(&w.toAgent, 0)
		w.agent(&w.toX, 0)
		if !busy {
			return
		}
	}
	w.t.Fatal("it never comes to rest")
}

// TestWorld: whatever happens in whatever order, no generation has two holders,
// nothing of anybody but its holder reaches X, nobody is interrupted, and once
// hands are up nothing stays down.
func TestWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for _, c := range w.clients {
			w.join(c, room.Editor)
			c.hear()
		}
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			w.step()
		}
		for _, c := range w.clients {
			c.lift()
		}
		w.drain()
		if len(w.down) > 0 && !w.arbiter.Pressed() {
			t.Fatalf("%v is down in X, and the server does not know", w.down)
		}
		// Whoever was lost and never came back, or left a button down, is let go.
		w.pass(collab.StuckAfter)
		w.drain()
		if len(w.down) > 0 {
			t.Fatalf("%v is down in X, pressed by %s; the lease is %+v", w.down, w.pressedBy, w.arbiter.Lease())
		}
	})
}

// held says whether somebody ever held the canvas.
func (w *world) held(name string) bool {
	for _, holder := range w.handOf {
		if holder == name {
			return true
		}
	}
	return false
}

// TestNoWishStarves: whoever wishes to draw gets to, however busy the others are,
// as long as strokes end and nobody says no.
func TestNoWishStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		policy := rapid.SampledFrom([]string{"open", "ask"}).Draw(t, "policy")
		w.arbiter.Join("owner", room.Owner, w.now)
		if err := w.arbiter.Command("owner", &wire.Control{Type: wire.ControlPolicy, Policy: policy}, w.now); err != nil {
			t.Fatal(err)
		}
		w.arbiter.Leave("owner", w.now)
		for _, c := range w.clients {
			w.join(c, room.Editor)
		}
		w.drain()
		ann, cyd := w.clients[0], w.clients[2]
		ann.press()
		w.drain()
		if policy == "open" {
			cyd.press()
		} else {
			w.command(cyd, wire.Control{Type: wire.ControlRequest})
		}
		asked := w.now
		patience := collab.OpenPatience
		if policy == "ask" {
			patience = collab.AskPatience
		}
		const longest = 3 * time.Second
		// Ben may be before them in line: he asks and then draws as busily.
		bound := 3 * (patience + longest + collab.IdleAfter)
		for !w.held("cyd") {
			if w.now.Sub(asked) > bound {
				t.Fatalf("cyd still waits: %+v", w.arbiter.Lease())
			}
			for _, c := range w.clients[:2] {
				if rapid.Bool().Draw(t, "stroke") {
					c.press()
					w.drain()
					w.pass(time.Duration(rapid.Int64Range(1, int64(longest)).Draw(t, "stroke")))
					c.lift()
					w.drain()
				}
			}
			w.pass(time.Duration(rapid.Int64Range(1, int64(collab.Linger)).Draw(t, "gap")))
			w.drain()
		}
	})
}

// TestStragglersOfARefusedStroke: what is left of a stroke that was refused does
// not join the next one of the same hand, though both were made for the next
// tenure.
func TestStragglersOfARefusedStroke(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for _, c := range w.clients {
			w.join(c, room.Editor)
		}
		w.drain()
		ann, ben := w.clients[0], w.clients[1]
		ann.press()
		w.arrive(ann, &ann.up, 0)
		ben.hear()
		ben.press()
		ben.move()
		w.arrive(ben, &ben.up, 0)
		stragglers := ben.lossy
		ben.lossy = nil
		ann.lift()
		w.drain()
		w.pass(collab.OpenPatience)
		w.drain()
		if w.arbiter.Lease().Holder != "ben" {
			t.Fatalf("%+v", w.arbiter.Lease())
		}
		ben.press()
		w.arrive(ben, &ben.up, 0)
		w.agent(&w.toAgent, 0)
		ben.lossy = stragglers
		w.drain()
	})
}
