package capture

import (
	"log/slog"

	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/wire"
)

// hands decodes input packets and has them played in order. Its methods are
// called by one goroutine at a time.
type hands struct {
	playout  *inject.Playout
	sequence *inject.Sequencer
	log      *slog.Logger
	packet   wire.Input
	from     string // identity the last input came from
	refused  uint64
}

// newHands plays on player; before is told what is about to be played.
func newHands(player inject.Player, before func(generation, sequence uint32), log *slog.Logger) *hands {
	h := &hands{log: log}
	h.playout = inject.NewPlayout(player,
		func(at inject.Stamp) { before(at.Generation, at.Sequence) },
		func(err error) { log.Warn("input not played", "error", err) })
	h.sequence = inject.NewSequencer(h.playout.Play)
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
	h.sequence.Accept(&h.packet)
}

// control takes one packet of easel.control: what matters here is whose turn
// it is.
func (h *hands) control(payload []byte) {
	c, err := wire.DecodeControl(payload)
	if err != nil {
		h.log.Debug("bad control message", "error", err)
		return
	}
	if c.Type == wire.ControlLease && c.Lease != nil {
		h.sequence.Fence(c.Lease.Generation)
	}
}

// left releases what somebody held who is gone.
func (h *hands) left(identity string) {
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
func (h *hands) close() { h.playout.Close() }
