package wire

import (
	"encoding/binary"
	"fmt"
)

// Limits of presence messages.
const (
	MaxIdentity  = 128 // bytes of an identity
	MaxInkPoints = 64  // in one message
	// MaxPointersBytes bounds a message of everybody's pointers, so that it fits
	// one packet on the way.
	MaxPointersBytes = 1000
	// Reactions is how many reactions there are; they count from 0.
	Reactions = 6
)

// Kinds of presence message.
const (
	presencePointer  = 1
	presencePointers = 2
	presenceInk      = 3
	presenceView     = 4
	presenceReaction = 5
)

const (
	pointerShown = 1 << iota
	pointerMarks
)

const inkEnds = 1

// Pointer is where somebody's pointer is, in pixels of the display, whatever
// the size of their window. It moves nothing.
type Pointer struct {
	X, Y  uint16
	Shown bool // false: the pointer left the canvas
	Marks bool // they hold the marker: all eyes here
}

// NamedPointer is a Pointer and whose it is.
type NamedPointer struct {
	Identity string
	Pointer
}

// Pointers are the pointers that moved since the last such message.
type Pointers []NamedPointer

// Ink is a piece of a mark drawn over the picture, which fades and never
// touches the image. A stroke's first point is the last one's of the piece
// before.
type Ink struct {
	Stroke uint16 // counts the sender's strokes
	Ends   bool
	Points [][2]uint16 // pixels of the display, 1 to MaxInkPoints
}

// View is the part of the display that a presenter looks at, in pixels.
type View struct {
	Left, Top, Width, Height uint16 // Width 0: they present no more
}

// Reaction is one of a few short answers, shown where the sender points.
type Reaction struct {
	Which uint8
	X, Y  uint16
}

// AppendPresence encodes a Pointer, Pointers, *Ink, View or Reaction onto b:
// u8 version, u8 kind, and
//
//	1 Pointer   u8 flags (1 shown, 2 marks), u16 x, y
//	2 Pointers  u8 n, n times: u8 length, identity, u8 flags, u16 x, y
//	3 Ink       u16 stroke, u8 flags (1 ends), u8 n, n times: u16 x, y
//	4 View      u16 left, top, width, height
//	5 Reaction  u8 which, u16 x, y
func AppendPresence(b []byte, message any) ([]byte, error) {
	be := binary.BigEndian
	b = append(b, Version)
	switch m := message.(type) {
	case Pointer:
		b = append(b, presencePointer)
		return appendPointer(b, m), nil
	case Pointers:
		if len(m) > 255 {
			return nil, fmt.Errorf("%w: %d pointers", ErrValue, len(m))
		}
		b = append(b, presencePointers, byte(len(m)))
		for i := range m {
			if len(m[i].Identity) > MaxIdentity {
				return nil, fmt.Errorf("%w: identity of %d bytes", ErrValue, len(m[i].Identity))
			}
			b = append(b, byte(len(m[i].Identity)))
			b = append(b, m[i].Identity...)
			b = appendPointer(b, m[i].Pointer)
		}
		return b, nil
	case *Ink:
		if len(m.Points) < 1 || len(m.Points) > MaxInkPoints {
			return nil, fmt.Errorf("%w: %d points of ink", ErrValue, len(m.Points))
		}
		b = be.AppendUint16(append(b, presenceInk), m.Stroke)
		b = append(b, flag(m.Ends, inkEnds), byte(len(m.Points)))
		for _, at := range m.Points {
			b = be.AppendUint16(be.AppendUint16(b, at[0]), at[1])
		}
		return b, nil
	case View:
		b = append(b, presenceView)
		for _, v := range [...]uint16{m.Left, m.Top, m.Width, m.Height} {
			b = be.AppendUint16(b, v)
		}
		return b, nil
	case Reaction:
		if m.Which >= Reactions {
			return nil, fmt.Errorf("%w: reaction %d", ErrValue, m.Which)
		}
		b = append(b, presenceReaction, m.Which)
		return be.AppendUint16(be.AppendUint16(b, m.X), m.Y), nil
	default:
		return nil, fmt.Errorf("%w: presence message %T", ErrValue, message)
	}
}

// AppendedSize is how many bytes p takes in a message of Pointers.
func (p *NamedPointer) AppendedSize() int { return 6 + len(p.Identity) }

func appendPointer(b []byte, p Pointer) []byte {
	be := binary.BigEndian
	b = append(b, flag(p.Shown, pointerShown)|flag(p.Marks, pointerMarks))
	return be.AppendUint16(be.AppendUint16(b, p.X), p.Y)
}

func flag(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

// DecodePresence reads a presence message: a Pointer, Pointers, *Ink, View or
// Reaction.
func DecodePresence(b []byte) (any, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes of presence", ErrTruncated, len(b))
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	be := binary.BigEndian
	kind, body := b[1], b[2:]
	switch kind {
	case presencePointer:
		return readPointer(body)
	case presencePointers:
		return readPointers(body)
	case presenceInk:
		return readInk(body)
	case presenceView:
		if len(body) != 8 {
			return nil, fmt.Errorf("%w: %d bytes of view", ErrTruncated, len(body))
		}
		v := View{Left: be.Uint16(body), Top: be.Uint16(body[2:]), Width: be.Uint16(body[4:]), Height: be.Uint16(body[6:])}
		if (v.Width == 0) != (v.Height == 0) || max(v.Left, v.Top, v.Width, v.Height) > MaxCoordinate {
			return nil, fmt.Errorf("%w: view %+v", ErrValue, v)
		}
		return v, nil
	case presenceReaction:
		if len(body) != 5 {
			return nil, fmt.Errorf("%w: %d bytes of reaction", ErrTruncated, len(body))
		}
		r := Reaction{Which: body[0], X: be.Uint16(body[1:]), Y: be.Uint16(body[3:])}
		if r.Which >= Reactions || max(r.X, r.Y) > MaxCoordinate {
			return nil, fmt.Errorf("%w: reaction %+v", ErrValue, r)
		}
		return r, nil
	default:
		return nil, fmt.Errorf("%w: presence message %d", ErrValue, kind)
	}
}

const pointerSize = 5

func readPointer(b []byte) (Pointer, error) {
	if len(b) != pointerSize {
		return Pointer{}, fmt.Errorf("%w: %d bytes of pointer", ErrTruncated, len(b))
	}
	be := binary.BigEndian
	p := Pointer{X: be.Uint16(b[1:]), Y: be.Uint16(b[3:]), Shown: b[0]&pointerShown != 0, Marks: b[0]&pointerMarks != 0}
	if b[0]&^(pointerShown|pointerMarks) != 0 || max(p.X, p.Y) > MaxCoordinate {
		return Pointer{}, fmt.Errorf("%w: pointer at %d,%d with flags %#x", ErrValue, p.X, p.Y, b[0])
	}
	return p, nil
}

func readPointers(b []byte) (Pointers, error) {
	if len(b) < 1 {
		return nil, fmt.Errorf("%w: no number of pointers", ErrTruncated)
	}
	n, b := int(b[0]), b[1:]
	all := make(Pointers, 0, n)
	for range n {
		if len(b) < 1 || len(b) < 1+int(b[0])+pointerSize {
			return nil, fmt.Errorf("%w: %d of %d pointers", ErrTruncated, len(all), n)
		}
		length := int(b[0])
		if length > MaxIdentity {
			return nil, fmt.Errorf("%w: identity of %d bytes", ErrValue, length)
		}
		p, err := readPointer(b[1+length : 1+length+pointerSize])
		if err != nil {
			return nil, err
		}
		all = append(all, NamedPointer{Identity: string(b[1 : 1+length]), Pointer: p})
		b = b[1+length+pointerSize:]
	}
	if len(b) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the pointers", ErrValue, len(b))
	}
	return all, nil
}

func readInk(b []byte) (*Ink, error) {
	if len(b) < 4 || len(b) != 4+4*int(b[3]) {
		return nil, fmt.Errorf("%w: %d bytes of ink", ErrTruncated, len(b))
	}
	be := binary.BigEndian
	n := int(b[3])
	if n < 1 || n > MaxInkPoints || b[2]&^inkEnds != 0 {
		return nil, fmt.Errorf("%w: %d points of ink with flags %#x", ErrValue, n, b[2])
	}
	ink := &Ink{Stroke: be.Uint16(b), Ends: b[2]&inkEnds != 0, Points: make([][2]uint16, n)}
	for i := range ink.Points {
		at := [2]uint16{be.Uint16(b[4+4*i:]), be.Uint16(b[6+4*i:])}
		if max(at[0], at[1]) > MaxCoordinate {
			return nil, fmt.Errorf("%w: ink at %d,%d", ErrValue, at[0], at[1])
		}
		ink.Points[i] = at
	}
	return ink, nil
}
