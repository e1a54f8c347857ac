package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Errors of the binary codecs; wrapped with what was found.
var (
	ErrVersion   = errors.New("wire: unknown version")
	ErrTruncated = errors.New("wire: truncated")
	ErrTrailing  = errors.New("wire: trailing bytes")
	ErrValue     = errors.New("wire: value out of range")
)

// Limits of an input packet.
const (
	MaxEvents     = 64 // events in one packet
	MaxButton     = 9  // X buttons 1-9
	MaxCoordinate = 16383
	// InputVersion is the first byte of an input packet; 1 had no Time.
	InputVersion = 2
	inputHeader  = 18
)

// Kind says what an Event is.
type Kind uint8

// Kinds of input. All but Move travel on the reliable channel: see Reliable.
const (
	Move       Kind = 1 // pointer to X, Y
	ButtonDown Kind = 2 // Button at X, Y
	ButtonUp   Kind = 3 // Button at X, Y
	KeyDown    Kind = 4 // Keysym
	KeyUp      Kind = 5 // Keysym
	Scroll     Kind = 6 // DX, DY at X, Y
	Resize     Kind = 7 // display to Width x Height at Scale
	ReleaseAll Kind = 8 // every key and button the sender holds goes up
)

// Reliable says whether an event of this kind must arrive: a lost move is
// followed by the next, a lost button is a stroke that never ends.
func (k Kind) Reliable() bool { return k != Move }

// Event is one thing a hand did. Which fields count follows from Kind.
type Event struct {
	Kind Kind
	// Delay since the previous event of the packet, in units of 100 µs,
	// saturating; 0 for a packet's first event.
	Delay uint16
	// X, Y are display pixels, 0 at the top left.
	X, Y uint16
	// Button is the X11 button, 1 to MaxButton.
	Button uint8
	// Keysym is an X11 keysym (X11/keysymdef.h; Unicode as 0x01000000+rune).
	Keysym uint32
	// DX, DY scroll right and down, in 1/120 of a wheel notch.
	DX, DY int16
	// Width, Height are the wanted display size in pixels; Scale is the
	// device pixel ratio in percent (100 = 1.0).
	Width, Height, Scale uint16
}

// Input is one packet of consecutive events.
//
// One sequence runs across the lossy and the reliable channel, counting from 1
// within each lease generation. A packet may repeat events that earlier packets
// carried (the sender's repair of loss); the receiver skips what it has
// applied. Barrier is the sequence of the last reliable event before First:
// the receiver holds a packet back until that event has been applied, so that
// a move never overtakes the press it belongs to.
type Input struct {
	Generation uint32
	First      uint32 // sequence of Events[0], from 1
	Barrier    uint32 // 0: none
	// Time is the sender's clock at Events[0], in units of 100 µs from any
	// origin, modulo 2^32: with the events' delays it says how far apart they
	// were made, across packets.
	Time   uint32
	Events []Event
}

// Presses says whether in begins something: a button, a key, a turn of the wheel.
func (in *Input) Presses() bool {
	for i := range in.Events {
		switch in.Events[i].Kind {
		case ButtonDown, KeyDown, Scroll:
			return true
		}
	}
	return false
}

// eventSize is the encoded size of each kind's fields, after kind and delay;
// 0 marks an unknown kind and ReleaseAll alone has none.
var eventSize = [...]int{Move: 4, ButtonDown: 5, ButtonUp: 5, KeyDown: 4, KeyUp: 4, Scroll: 8, Resize: 6, ReleaseAll: 0}

// AppendInput encodes in onto b.
//
//	u8 version (2), u8 count, u32 generation, u32 first, u32 barrier, u32 time,
//	count × { u8 kind, u16 delay, fields }
//
// Fields: Move u16 x y · Button u8 button, u16 x y · Key u32 keysym ·
// Scroll s16 dx dy, u16 x y · Resize u16 width height scale · ReleaseAll none.
func AppendInput(b []byte, in *Input) ([]byte, error) {
	if len(in.Events) == 0 || len(in.Events) > MaxEvents {
		return b, fmt.Errorf("%w: %d events, want 1 to %d", ErrValue, len(in.Events), MaxEvents)
	}
	be := binary.BigEndian
	b = append(b, InputVersion, byte(len(in.Events)))
	b = be.AppendUint32(b, in.Generation)
	b = be.AppendUint32(b, in.First)
	b = be.AppendUint32(b, in.Barrier)
	b = be.AppendUint32(b, in.Time)
	for i := range in.Events {
		e := &in.Events[i]
		if err := e.check(); err != nil {
			return b, err
		}
		b = append(b, byte(e.Kind))
		b = be.AppendUint16(b, e.Delay)
		switch e.Kind {
		case Move:
			b = be.AppendUint16(be.AppendUint16(b, e.X), e.Y)
		case ButtonDown, ButtonUp:
			b = append(b, e.Button)
			b = be.AppendUint16(be.AppendUint16(b, e.X), e.Y)
		case KeyDown, KeyUp:
			b = be.AppendUint32(b, e.Keysym)
		case Scroll:
			b = be.AppendUint16(be.AppendUint16(b, uint16(e.DX)), uint16(e.DY))
			b = be.AppendUint16(be.AppendUint16(b, e.X), e.Y)
		case Resize:
			b = be.AppendUint16(be.AppendUint16(b, e.Width), e.Height)
			b = be.AppendUint16(b, e.Scale)
		}
	}
	return b, nil
}

// DecodeInput reads one packet. It reuses in.Events' memory and keeps no
// reference to b. On error in is undefined.
func DecodeInput(b []byte, in *Input) error {
	if len(b) < inputHeader {
		return fmt.Errorf("%w: %d bytes of input", ErrTruncated, len(b))
	}
	if b[0] != InputVersion {
		return fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	be := binary.BigEndian
	count := int(b[1])
	if count == 0 || count > MaxEvents {
		return fmt.Errorf("%w: %d events, want 1 to %d", ErrValue, count, MaxEvents)
	}
	in.Generation, in.First, in.Barrier, in.Time = be.Uint32(b[2:]), be.Uint32(b[6:]), be.Uint32(b[10:]), be.Uint32(b[14:])
	if in.First == 0 || in.Barrier >= in.First || in.First > ^uint32(0)-MaxEvents {
		return fmt.Errorf("%w: first %d, barrier %d", ErrValue, in.First, in.Barrier)
	}
	in.Events = in.Events[:0]
	b = b[inputHeader:]
	for range count {
		if len(b) < 3 {
			return fmt.Errorf("%w: event header", ErrTruncated)
		}
		e := Event{Kind: Kind(b[0]), Delay: be.Uint16(b[1:])}
		if e.Kind == 0 || int(e.Kind) >= len(eventSize) {
			return fmt.Errorf("%w: event kind %d", ErrValue, e.Kind)
		}
		b = b[3:]
		size := eventSize[e.Kind]
		if len(b) < size {
			return fmt.Errorf("%w: event kind %d", ErrTruncated, e.Kind)
		}
		switch e.Kind {
		case Move:
			e.X, e.Y = be.Uint16(b), be.Uint16(b[2:])
		case ButtonDown, ButtonUp:
			e.Button, e.X, e.Y = b[0], be.Uint16(b[1:]), be.Uint16(b[3:])
		case KeyDown, KeyUp:
			e.Keysym = be.Uint32(b)
		case Scroll:
			e.DX, e.DY = int16(be.Uint16(b)), int16(be.Uint16(b[2:]))
			e.X, e.Y = be.Uint16(b[4:]), be.Uint16(b[6:])
		case Resize:
			e.Width, e.Height, e.Scale = be.Uint16(b), be.Uint16(b[2:]), be.Uint16(b[4:])
		}
		if err := e.check(); err != nil {
			return err
		}
		in.Events = append(in.Events, e)
		b = b[size:]
	}
	if len(b) != 0 {
		return fmt.Errorf("%w: %d after input", ErrTrailing, len(b))
	}
	return nil
}

func (e *Event) check() error {
	switch e.Kind {
	case Move, Scroll:
	case ButtonDown, ButtonUp:
		if e.Button == 0 || e.Button > MaxButton {
			return fmt.Errorf("%w: button %d", ErrValue, e.Button)
		}
	case KeyDown, KeyUp:
		if e.Keysym == 0 || e.Keysym > 0x1fffffff {
			return fmt.Errorf("%w: keysym %#x", ErrValue, e.Keysym)
		}
	case Resize:
		if e.Width == 0 || e.Height == 0 || e.Width > MaxCoordinate || e.Height > MaxCoordinate || e.Scale < 25 || e.Scale > 800 {
			return fmt.Errorf("%w: resize to %dx%d at %d%%", ErrValue, e.Width, e.Height, e.Scale)
		}
	case ReleaseAll:
	default:
		return fmt.Errorf("%w: event kind %d", ErrValue, e.Kind)
	}
	if e.X > MaxCoordinate || e.Y > MaxCoordinate {
		return fmt.Errorf("%w: position %d,%d", ErrValue, e.X, e.Y)
	}
	return nil
}
