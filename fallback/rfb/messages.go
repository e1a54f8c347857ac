package rfb

import "encoding/binary"

// Pointing is what a pointer message says.
type Pointing struct {
	Buttons          uint16 // bit n: button n+1, as in X11
	X, Y             uint16
	ScrollX, ScrollY int16 // KasmVNC only
}

// buttons that plain RFB has: eight.
const plainButtons = 0xff

// ReadPointer reads a pointer message of the dialect.
func (d Dialect) ReadPointer(m []byte) Pointing {
	be := binary.BigEndian
	if d == Kasm {
		return Pointing{
			Buttons: be.Uint16(m[1:]), X: be.Uint16(m[3:]), Y: be.Uint16(m[5:]),
			ScrollX: int16(be.Uint16(m[7:])), ScrollY: int16(be.Uint16(m[9:])),
		}
	}
	return Pointing{Buttons: uint16(m[1]), X: be.Uint16(m[2:]), Y: be.Uint16(m[4:])}
}

// SetButtons changes which buttons a pointer message holds down.
func (d Dialect) SetButtons(m []byte, buttons uint16) {
	if d == Kasm {
		binary.BigEndian.PutUint16(m[1:], buttons)
		return
	}
	m[1] = byte(buttons)
}

// AppendPointer adds a pointer message to b.
func (d Dialect) AppendPointer(b []byte, p Pointing) []byte {
	be := binary.BigEndian
	if d == Kasm {
		b = be.AppendUint16(append(b, pointerEvent), p.Buttons)
		b = be.AppendUint16(be.AppendUint16(b, p.X), p.Y)
		return be.AppendUint16(be.AppendUint16(b, uint16(p.ScrollX)), uint16(p.ScrollY))
	}
	b = append(b, pointerEvent, byte(p.Buttons&plainButtons))
	return be.AppendUint16(be.AppendUint16(b, p.X), p.Y)
}

// Pressing is what a key message says. Code is the key's XT scan code, 0 where
// the message has none: it tells apart keys that type the same.
type Pressing struct {
	Down   bool
	Keysym uint32
	Code   uint32
}

// ReadKey reads a key message, of either kind.
func ReadKey(m []byte) Pressing {
	be := binary.BigEndian
	if m[0] == qemu {
		return Pressing{Down: be.Uint16(m[2:]) != 0, Keysym: be.Uint32(m[4:]), Code: be.Uint32(m[8:])}
	}
	return Pressing{Down: m[1] != 0, Keysym: be.Uint32(m[4:])}
}

// AppendKey adds a key message to b.
func AppendKey(b []byte, k Pressing) []byte {
	be := binary.BigEndian
	down := byte(0)
	if k.Down {
		down = 1
	}
	if k.Code != 0 {
		b = append(b, qemu, 0, 0, down)
		return be.AppendUint32(be.AppendUint32(b, k.Keysym), k.Code)
	}
	return be.AppendUint32(append(b, keyEvent, down, 0, 0), k.Keysym)
}
