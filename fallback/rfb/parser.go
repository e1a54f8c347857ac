package rfb

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Why a client is cut off. The texts are for people.
var (
	ErrUnknown  = errors.New("a message that this dialect of RFB does not have")
	ErrTooLarge = errors.New("a message that is too large")
)

// MaxClipboard bounds one clipboard message in bytes.
const MaxClipboard = 8 << 20

// MaxText bounds a cut text that is not the extended clipboard's, as TigerVNC
// does (MaxCutText, 256 KiB by default).
const MaxText = 256 << 10

// Judge decides about messages. m is whole, but for clipboard messages, of which
// it is the head; it is good during the call, and the judge may change its
// bytes.
type Judge func(kind Kind, m []byte) (pass bool)

// Parser takes one client's stream apart.
type Parser struct {
	shapes *[256]shape
	judge  Judge

	part []byte // of a message, or of an item's head, that came in pieces
	body body
}

// body is what of a streamed message is still to come.
type body struct {
	pass  bool
	left  uint32 // bytes that need no reading
	items uint8  // of a binary clipboard, still to come after left
	relay bool   // a unix relay's: one item without a media type
	total uint32 // bytes so far
}

// NewParser makes a parser of a dialect.
func NewParser(d Dialect, judge Judge) *Parser {
	return &Parser{shapes: d.shapes(), judge: judge, part: make([]byte, 0, largest)}
}

// Feed reads the next piece of the client's stream and adds to out what may go
// on. After an error the connection is to be closed: nothing that comes later
// can be read.
func (p *Parser) Feed(in, out []byte) ([]byte, error) {
	for {
		if p.body.left > 0 {
			n := min(uint64(p.body.left), uint64(len(in)))
			if p.body.pass {
				out = append(out, in[:n]...)
			}
			in, p.body.left = in[n:], p.body.left-uint32(n)
		}
		if len(in) == 0 {
			return out, nil
		}
		var err error
		if p.body.items > 0 {
			in, out, err = p.item(in, out)
		} else {
			in, out, err = p.message(in, out)
		}
		if err != nil {
			return out, err
		}
	}
}

// message reads a message, or the head of a streamed one, as far as it is there.
func (p *Parser) message(in, out []byte) ([]byte, []byte, error) {
	m, in, err := p.whole(in)
	if m == nil || err != nil {
		return in, out, err
	}
	p.part = p.part[:0]
	s := &p.shapes[m[0]]
	switch {
	case s.streamed:
		out, err = p.stream(s.kind, m, out)
		return in, out, err
	case m[0] == qemu && m[1] != 0:
		return in, out, fmt.Errorf("%w: type 255, %d", ErrUnknown, m[1])
	case m[0] == setEncodings:
		m = withoutExtendedMouse(m)
	}
	if p.judge(s.kind, m) && s.kind != Never {
		out = append(out, m...)
	}
	return in, out, nil
}

// whole takes the first message off in: where it is if all of it is there, else
// in the parser's buffer, nil if more must come.
func (p *Parser) whole(in []byte) (m, rest []byte, err error) {
	if len(p.part) == 0 {
		size, err := p.size(in)
		if err != nil {
			return nil, in, err
		}
		if size <= len(in) {
			return in[:size], in[size:], nil
		}
	}
	for {
		size, err := p.size(p.part)
		if err != nil || len(p.part) == size {
			return p.part, in, err
		}
		n := min(size-len(p.part), len(in))
		if n == 0 {
			return nil, in, nil
		}
		p.part, in = append(p.part, in[:n]...), in[n:]
	}
}

// size is how long the message is that begins with b, as far as b tells: more
// than len(b) if b is not all of it.
func (p *Parser) size(b []byte) (int, error) {
	if len(b) == 0 {
		return 1, nil
	}
	s := &p.shapes[b[0]]
	if !s.known {
		return 0, fmt.Errorf("%w: type %d", ErrUnknown, b[0])
	}
	size := int(s.head)
	if len(b) < size || s.unit == 0 {
		return size, nil
	}
	n := int(b[s.at])
	if s.wide {
		n = int(binary.BigEndian.Uint16(b[s.at:]))
	}
	if n > int(s.count) {
		return 0, fmt.Errorf("%w: type %d with %d parts", ErrTooLarge, b[0], n)
	}
	return size + n*int(s.unit), nil
}

// stream judges the head of a clipboard message and lets the rest follow.
func (p *Parser) stream(kind Kind, m, out []byte) ([]byte, error) {
	b := body{}
	switch m[0] {
	case clientCutText:
		n := int32(binary.BigEndian.Uint32(m[4:]))
		if n >= 0 && n > MaxText || n < -MaxClipboard {
			return out, fmt.Errorf("%w: a clipboard of %d bytes", ErrTooLarge, n)
		}
		b.left = uint32(max(n, -n))
	case binaryClipboard:
		b.items = m[1]
	case unixRelay:
		b.left, b.items, b.relay = uint32(m[1]), 1, true
	}
	b.pass = p.judge(kind, m) && kind != Never
	if b.pass {
		out = append(out, m...)
	}
	p.body = b
	return out, nil
}

// item reads the head of one item of a binary clipboard (u8 length, media type,
// u32 length), or a relay's (u32 length).
func (p *Parser) item(in, out []byte) ([]byte, []byte, error) {
	b := &p.body
	for {
		size := 4
		if !b.relay {
			if size = 1; len(p.part) > 0 {
				size = 1 + int(p.part[0]) + 4
			}
		}
		if len(p.part) == size && size > 1 {
			break
		}
		n := min(size-len(p.part), len(in))
		if n == 0 {
			return in, out, nil
		}
		p.part, in = append(p.part, in[:n]...), in[n:]
	}
	n := binary.BigEndian.Uint32(p.part[len(p.part)-4:])
	if n > MaxClipboard-min(b.total, MaxClipboard) {
		return in, out, fmt.Errorf("%w: a clipboard of %d bytes and more", ErrTooLarge, n)
	}
	if b.pass {
		out = append(out, p.part...)
	}
	p.part = p.part[:0]
	b.left, b.total, b.items = n, b.total+n, b.items-1
	return in, out, nil
}

// pseudoExtendedMouse announces pointer messages of 7 bytes (registry, Extended
// Mouse Buttons).
const pseudoExtendedMouse = -316

// withoutExtendedMouse takes one encoding out of a SetEncodings message, in
// place.
func withoutExtendedMouse(m []byte) []byte {
	kept := m[:4]
	for rest := m[4:]; len(rest) >= 4; rest = rest[4:] {
		if int32(binary.BigEndian.Uint32(rest)) != pseudoExtendedMouse {
			kept = append(kept, rest[:4]...)
		}
	}
	binary.BigEndian.PutUint16(kept[2:], uint16((len(kept)-4)/4))
	return kept
}
