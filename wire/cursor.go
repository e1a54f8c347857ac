package wire

import (
	"encoding/binary"
	"fmt"
)

// MaxCursor is the largest side of a cursor image, in pixels.
const MaxCursor = 256

// MaxCursorPNG bounds a cursor's encoded image, so that it fits one data packet.
const MaxCursorPNG = 14 << 10

const (
	cursorShape    = 1
	cursorPosition = 2
)

// CursorShape is how the pointer looks. It is never burnt into the picture: each
// browser draws it where its own pointer is, without waiting for a frame.
type CursorShape struct {
	Serial        uint32 // changes with the shape
	Width, Height uint16 // pixels; 0x0 hides the pointer
	HotX, HotY    uint16
	PNG           []byte // RGBA, straight alpha; empty when hidden
}

// CursorPosition is where the pointer is on the display, for those whose hand
// does not move it.
type CursorPosition struct{ X, Y uint16 }

// AppendCursorShape encodes s onto b: u8 version, u8 1, u32 serial, u16 width,
// height, hot x, hot y, PNG.
func AppendCursorShape(b []byte, s *CursorShape) []byte {
	be := binary.BigEndian
	b = append(b, Version, cursorShape)
	b = be.AppendUint32(b, s.Serial)
	for _, v := range [...]uint16{s.Width, s.Height, s.HotX, s.HotY} {
		b = be.AppendUint16(b, v)
	}
	return append(b, s.PNG...)
}

// AppendCursorPosition encodes p onto b: u8 version, u8 2, u16 x, y.
func AppendCursorPosition(b []byte, p CursorPosition) []byte {
	be := binary.BigEndian
	return be.AppendUint16(be.AppendUint16(append(b, Version, cursorPosition), p.X), p.Y)
}

// DecodeCursor reads a cursor message: a *CursorShape, whose PNG shares b's
// memory, or a CursorPosition.
func DecodeCursor(b []byte) (any, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes of cursor", ErrTruncated, len(b))
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	be := binary.BigEndian
	switch b[1] {
	case cursorShape:
		if len(b) < 14 {
			return nil, fmt.Errorf("%w: %d bytes of cursor shape", ErrTruncated, len(b))
		}
		s := &CursorShape{
			Serial: be.Uint32(b[2:]), Width: be.Uint16(b[6:]), Height: be.Uint16(b[8:]),
			HotX: be.Uint16(b[10:]), HotY: be.Uint16(b[12:]), PNG: b[14:],
		}
		hidden := s.Width == 0 && s.Height == 0 && s.HotX == 0 && s.HotY == 0 && len(s.PNG) == 0
		shown := s.Width > 0 && s.Height > 0 && s.Width <= MaxCursor && s.Height <= MaxCursor &&
			s.HotX < s.Width && s.HotY < s.Height && len(s.PNG) > 0 && len(s.PNG) <= MaxCursorPNG
		if !hidden && !shown {
			return nil, fmt.Errorf("%w: cursor %dx%d, hot spot %d,%d, %d bytes", ErrValue, s.Width, s.Height, s.HotX, s.HotY, len(s.PNG))
		}
		return s, nil
	case cursorPosition:
		if len(b) != 6 {
			return nil, fmt.Errorf("%w: %d bytes of cursor position", ErrTruncated, len(b))
		}
		return CursorPosition{X: be.Uint16(b[2:]), Y: be.Uint16(b[4:])}, nil
	default:
		return nil, fmt.Errorf("%w: cursor message %d", ErrValue, b[1])
	}
}
