package capture

import (
	"log/slog"

	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/wire"
)

// Player plays events on a display; inject.Injector does.
type Player interface {
	Event(e *wire.Event)
	Flush() error
}

// hands decodes input packets and plays them in order. Its methods are called
// by one goroutine at a time.
type hands struct {
	player   Player
	sequence *inject.Sequencer
	log      *slog.Logger
	before   func(generation, sequence uint32) // told what is about to be played
	packet   wire.Input
	from     string // identity the last input came from
	refused  uint64
}

func newHands(player Player, log *slog.Logger) *hands {
	h := &hands{player: player, log: log, before: func(uint32, uint32) {}}
	h.sequence = inject.NewSequencer(func(generation, sequence uint32, e *wire.Event) {
		if sequence > 0 && e.Kind != wire.ReleaseAll {
			h.before(generation, sequence)
		}
		h.player.Event(e)
	})
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
	h.flush()
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
		h.flush()
	}
}

// left releases what somebody held who is gone.
func (h *hands) left(identity string) {
	if identity == h.from {
		h.sequence.Rejoin()
		h.flush()
	}
}

// reset releases everything and starts anew, for the next connection.
func (h *hands) reset() {
	h.sequence.Reset()
	h.flush()
}

func (h *hands) flush() {
	if err := h.player.Flush(); err != nil {
		h.log.Warn("input not played", "error", err)
	}
}
