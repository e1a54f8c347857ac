package collab

import "github.com/easel-live/easel/wire"

// MaxHeldKeys bounds what one pair of hands may press. It is no less than
// wire.MaxEvents, so that a packet on nothing held is never too much.
const MaxHeldKeys = 64

// held is what the holder has pressed, as far as the admitted packets tell.
type held struct {
	buttons uint16
	keys    map[uint32]struct{} // by keysym
	// applied is the last reliable event counted: later packets may repeat it.
	applied uint32
}

func (h *held) empty() bool { return h.buttons == 0 && len(h.keys) == 0 }

func (h *held) reset() {
	h.buttons, h.applied = 0, 0
	clear(h.keys)
}

// apply counts the presses and releases of a packet, once each. It reports
// whether there were any, or a turn of the wheel; a refused packet counts for
// nothing.
func (h *held) apply(in *wire.Input) (acts bool, err error) {
	presses := 0
	for i := range in.Events {
		if in.Events[i].Kind == wire.KeyDown {
			presses++
		}
	}
	if len(h.keys)+presses > MaxHeldKeys && presses > 0 {
		return false, ErrHeldKeys
	}
	for i := range in.Events {
		e, seq := &in.Events[i], in.First+uint32(i)
		if !e.Kind.Reliable() || seq <= h.applied {
			continue
		}
		h.applied = seq
		acts = acts || e.Kind != wire.Resize
		switch e.Kind {
		case wire.ButtonDown:
			h.buttons |= 1 << e.Button
		case wire.ButtonUp:
			h.buttons &^= 1 << e.Button
		case wire.KeyDown:
			if h.keys == nil {
				h.keys = make(map[uint32]struct{}, MaxHeldKeys)
			}
			h.keys[e.Keysym] = struct{}{}
		case wire.KeyUp:
			delete(h.keys, e.Keysym)
		case wire.ReleaseAll:
			h.buttons = 0
			clear(h.keys)
		}
	}
	return acts, nil
}
