package capture

import (
	"cmp"
	"log/slog"

	"github.com/easel-live/easel/capture/heed"
	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// hands decodes input packets and has them played in order. Its methods are
// called by one goroutine at a time.
type hands struct {
	playout  *inject.Playout
	sequence *inject.Sequencer
	gate     *heed.Gate
	pressed  bool // a button was pressed since the gate was told of a release
	log      *slog.Logger
	packet   wire.Input
	from     string // identity the last input came from
	refused  uint64

	pass   func(person string, shared bool) // gives somebody their own tools
	people map[string]string                // who is here, by identity
	turn   string                           // whose tools GIMP was last told to take, by identity
	shared bool                             // everybody paints with the same tools
}

// newHands plays on player, presses when gate lets them through; before is told what is about to be played, and pass,
// ahead of anything that somebody else plays than before, who that is.
func newHands(player inject.Player, gate *heed.Gate, before func(generation, sequence uint32), pass func(person string, shared bool), log *slog.Logger) *hands {
	h := &hands{gate: gate, log: log, pass: pass, people: make(map[string]string)}
	h.playout = inject.NewPlayout(player,
		func(at inject.Stamp) { before(at.Generation, at.Sequence) },
		func(err error) { log.Warn("input not played", "error", err) })
	h.sequence = inject.NewSequencer(h.play)
	return h
}

// input takes one packet of easel.input. A bad one is dropped, and counted: the
// server has checked it already, so it costs no more than that.
func (h *hands) input(from string, payload []byte) {
	if err := wire.DecodeInput(payload, &h.packet); err != nil {
		h.refused++
		h.log.Debug("bad input", "from", from, "error", err, "count", h.refused)
		return
	}
	h.from = from
	if h.packet.Generation >= h.sequence.Generation() {
		h.begin(from, h.packet.Generation)
	}
	h.sequence.Accept(&h.packet)
}

// play has an event played: a press when the program has come to the releases
// before it.
func (h *hands) play(at inject.Stamp, e *wire.Event) {
	if e.Kind == wire.ButtonDown {
		h.playout.Do(h.gate.Wait)
		h.pressed = true
	}
	h.playout.Play(at, e)
	if released := e.Kind == wire.ButtonUp || e.Kind == wire.ReleaseAll; released && h.pressed {
		h.playout.Do(h.gate.Released)
		h.pressed = e.Kind == wire.ButtonUp // other buttons may be down still
	}
}

// begin follows a generation, and who holds it.
func (h *hands) begin(holder string, generation uint32) {
	h.sequence.Fence(generation)
	if holder == "" || holder == h.turn {
		return
	}
	h.turn = holder
	person, shared := cmp.Or(h.people[holder], holder), h.shared
	h.playout.Do(func() { h.pass(person, shared) })
}

// control takes one packet of easel.control: what matters here is whose turn
// it is.
func (h *hands) control(payload []byte) {
	c, err := wire.DecodeControl(payload)
	if err != nil {
		h.log.Debug("bad control message", "error", err)
		return
	}
	if c.Type == wire.ControlLease && c.Lease != nil && c.Lease.Generation >= h.sequence.Generation() {
		h.shared = c.Lease.Rules.Shared
		h.begin(c.Lease.Holder, c.Lease.Generation)
	}
}

// here notes who somebody is: one person may have several windows.
func (h *hands) here(identity string, attributes map[string]string) {
	h.people[identity] = attributes[room.PersonAttribute]
}

// left releases what somebody held who is gone.
func (h *hands) left(identity string) {
	delete(h.people, identity)
	if identity == h.from {
		h.sequence.Rejoin()
	}
}

// reset releases everything and starts anew, for the next connection.
func (h *hands) reset() {
	h.sequence.Reset()
	h.playout.Sync()
}

// close ends playing.
func (h *hands) close() {
	h.gate.Close()
	h.playout.Close()
}
