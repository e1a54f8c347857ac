package fallback

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/fallback/rfb"
	"github.com/easel-live/easel/wire"
)

const (
	// allButtons are those that an X pointer has: 1 to wire.MaxButton.
	allButtons = 1<<wire.MaxButton - 1
	maxKeysym  = 0x1fffffff
	// The largest display somebody may ask for.
	maxWidth, maxHeight = 3840, 2160
)

// hand is what one viewer does to the canvas: it puts each message to the lease
// and knows what is down. The viewer's lock guards it, but for lease and busy.
type hand struct {
	dialect rfb.Dialect
	me      string
	admit   func(*wire.Input) error
	lease   atomic.Pointer[wire.Lease] // as it was last told
	// busy says that something is down, or was until just now: it is set before
	// a press is put to the lease, so that whoever changes the lease sees it.
	busy atomic.Bool

	generation uint32 // of the tenure that the next input belongs to; 0: none
	sequence   uint32 // of the last input in it
	input      wire.Input

	at      rfb.Pointing // the last that passed
	buttons uint16       // down in the X server
	ignored uint16       // down in the client, but not for the X server
	keys    []rfb.Pressing

	// Let go of, but not known to have reached the X server.
	owed struct {
		buttons uint16
		keys    []rfb.Pressing
	}
	touched, lifted bool // since the last flush: pressed or moved while down; let go
}

// judge is the parser's Judge.
func (h *hand) judge(kind rfb.Kind, m []byte) bool {
	switch kind {
	case rfb.Look:
		return true
	case rfb.Pointer:
		return h.point(m)
	case rfb.Key:
		return h.key(rfb.ReadKey(m))
	case rfb.Clipboard:
		return h.try(false, h.here())
	case rfb.Resize:
		return h.resize(m)
	default:
		return false
	}
}

func (h *hand) here() wire.Event { return wire.Event{Kind: wire.Move, X: h.at.X, Y: h.at.Y} }

func (h *hand) point(m []byte) bool {
	p := h.dialect.ReadPointer(m)
	p.X, p.Y = min(p.X, wire.MaxCoordinate), min(p.Y, wire.MaxCoordinate)
	h.ignored &= p.Buttons
	want := p.Buttons & allButtons &^ h.ignored
	pressed, lifted := want&^h.buttons, h.buttons&^want

	h.input.Events = append(h.input.Events[:0], wire.Event{Kind: wire.Move, X: p.X, Y: p.Y})
	for b := range uint8(wire.MaxButton) {
		if pressed&(1<<b) != 0 {
			h.input.Events = append(h.input.Events, wire.Event{Kind: wire.ButtonDown, Button: b + 1, X: p.X, Y: p.Y})
		}
	}
	if p.ScrollX != 0 || p.ScrollY != 0 {
		h.input.Events = append(h.input.Events, wire.Event{Kind: wire.Scroll, DX: p.ScrollX, DY: p.ScrollY, X: p.X, Y: p.Y})
	}
	if !h.put(pressed != 0 || p.ScrollX != 0 || p.ScrollY != 0) {
		h.ignored |= pressed
		return false
	}
	h.dialect.SetButtons(m, want)
	h.at, h.buttons = p, want
	h.owed.buttons |= lifted
	h.touched = h.touched || want != 0 || lifted != 0
	h.lifted = h.lifted || lifted != 0
	return true
}

func (h *hand) key(k rfb.Pressing) bool {
	i := slices.IndexFunc(h.keys, func(held rfb.Pressing) bool {
		if k.Code != 0 && held.Code != 0 {
			return k.Code == held.Code // Shift may have changed what it types
		}
		return k.Keysym == held.Keysym
	})
	switch {
	case k.Keysym == 0 || k.Keysym > maxKeysym:
		return false
	case k.Down && i >= 0: // the client repeats it
		return h.try(false, wire.Event{Kind: wire.KeyDown, Keysym: h.keys[i].Keysym})
	case k.Down:
		if len(h.keys) >= collab.MaxHeldKeys || !h.try(true, wire.Event{Kind: wire.KeyDown, Keysym: k.Keysym}) {
			return false
		}
		h.keys = append(h.keys, k)
		h.touched = true
		return true
	case i < 0 || !h.try(false, h.here()):
		return false
	}
	h.owed.keys = append(h.owed.keys, h.keys[i])
	h.keys = slices.Delete(h.keys, i, i+1)
	h.touched, h.lifted = true, true
	return true
}

// resize reads the size out of a SetDesktopSize message; KasmVNC's wish for a
// largest size has one too.
func (h *hand) resize(m []byte) bool {
	at := 2
	if len(m) == 5 {
		at = 1
	}
	width, height := binary.BigEndian.Uint16(m[at:]), binary.BigEndian.Uint16(m[at+2:])
	if width == 0 || height == 0 || width > maxWidth || height > maxHeight {
		return false
	}
	return h.try(false, wire.Event{Kind: wire.Resize, Width: width, Height: height, Scale: 100})
}

func (h *hand) try(presses bool, e wire.Event) bool {
	h.input.Events = append(h.input.Events[:0], e)
	return h.put(presses)
}

// put puts the events of input to the lease. Under the tenure that is thought to
// be the viewer's first; then under the one that the lease says is; and a press
// also under the one that would begin with it.
func (h *hand) put(presses bool) bool {
	if presses {
		h.busy.Store(true)
	}
	lost := uint32(0)
	if h.generation != 0 {
		err := h.putUnder(h.generation, h.sequence)
		if err == nil {
			return true
		}
		if errors.Is(err, collab.ErrHeldKeys) {
			return false
		}
		lost, h.generation = h.generation, 0
	}
	if l := h.lease.Load(); l != nil && !h.holding() {
		generation := l.Generation
		if l.Holder != "" && l.Holder != h.me {
			generation++ // the number of the tenure to come
		}
		if generation != lost && (presses || l.Holder == h.me) && h.putUnder(generation, 0) == nil {
			return true
		}
	}
	h.rest()
	return false
}

func (h *hand) putUnder(generation, after uint32) error {
	h.input.Generation, h.input.First = generation, after+1
	if err := h.admit(&h.input); err != nil {
		return err
	}
	h.generation, h.sequence = generation, after+uint32(len(h.input.Events))
	return nil
}

func (h *hand) holding() bool { return h.buttons != 0 || len(h.keys) > 0 }

// rest clears busy if there is no reason for it.
func (h *hand) rest() {
	if !h.holding() && h.owed.buttons == 0 && len(h.owed.keys) == 0 {
		h.busy.Store(false)
	}
}

// settled is told that the X server has acted on every release so far: now they
// count.
func (h *hand) settled() {
	events := h.input.Events[:0]
	for b := range uint8(wire.MaxButton) {
		if (h.owed.buttons&^h.buttons)&(1<<b) != 0 {
			events = append(events, wire.Event{Kind: wire.ButtonUp, Button: b + 1, X: h.at.X, Y: h.at.Y})
		}
	}
	for _, k := range h.owed.keys {
		down := slices.ContainsFunc(h.keys, func(held rfb.Pressing) bool { return held.Keysym == k.Keysym })
		if !down && len(events) < wire.MaxEvents {
			events = append(events, wire.Event{Kind: wire.KeyUp, Keysym: k.Keysym})
		}
	}
	h.owed.buttons, h.owed.keys = 0, h.owed.keys[:0]
	if h.input.Events = events; len(events) > 0 && h.generation != 0 {
		if h.putUnder(h.generation, h.sequence) != nil {
			h.generation = 0
		}
	}
	h.rest()
}

// appendReleases adds the messages that let go of everything to b.
func (h *hand) appendReleases(b []byte) []byte {
	if h.buttons != 0 {
		b = h.dialect.AppendPointer(b, rfb.Pointing{X: h.at.X, Y: h.at.Y})
	}
	for _, k := range h.keys {
		b = rfb.AppendKey(b, rfb.Pressing{Keysym: k.Keysym, Code: k.Code})
	}
	return b
}

// letGo counts everything as let go of; what the client still holds down does
// nothing until it is pressed anew.
func (h *hand) letGo() {
	h.ignored |= h.buttons
	h.owed.buttons |= h.buttons
	h.owed.keys = append(h.owed.keys, h.keys...)
	h.buttons, h.keys = 0, h.keys[:0]
	h.generation = 0
	h.touched, h.lifted = true, true
}
