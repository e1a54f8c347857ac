package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Limits of the clipboard.
const (
	// MaxClipboard bounds what one copy carries, in bytes.
	MaxClipboard = 16 << 20
	// MaxClipboardChunk bounds the data of one packet.
	MaxClipboardChunk = 14 << 10
	// ClipboardWindow is how many bytes may be under way before the receiver has
	// told of its progress; it tells at least every half of that.
	ClipboardWindow = 256 << 10
	// maxReason bounds the text of a refusal, in bytes.
	maxReason = 256

	clipboardHeader = 6
	hashSize        = 16
)

// ClipboardKind says what a Clipboard message is.
type ClipboardKind uint8

// Clipboard messages. What is big only travels when it is wanted: one side
// offers, the other wants one of the formats, chunks follow in order, and the
// receiver says how far it is and when the content is on its clipboard. Either
// side may refuse, with a reason.
const (
	ClipboardOffer    ClipboardKind = 1 // I have this: Formats, Hash
	ClipboardWant     ClipboardKind = 2 // send me what you offered: Format
	ClipboardChunk    ClipboardKind = 3 // a piece of it: Format, Total, Offset, Data
	ClipboardProgress ClipboardKind = 4 // so much of your offer has come: Offset
	ClipboardDone     ClipboardKind = 5 // your offer is on my clipboard
	ClipboardDecline  ClipboardKind = 6 // your offer is not taken: Reason, Text
	ClipboardWithhold ClipboardKind = 7 // what you want is not given: Reason, Text
)

// Format is a kind of content.
type Format uint8

// Formats of content.
const (
	FormatText Format = 1 // UTF-8
	FormatPNG  Format = 2
)

// Offered is one format of an offer. Size is in bytes, 0 when it is not known
// before it is asked for.
type Offered struct {
	Format Format
	Size   uint32
}

// Reason says to programs why something was refused.
type Reason uint8

// Reasons of a refusal.
const (
	ReasonNotAllowed Reason = 1 // the role may not, or the canvas is somebody else's
	ReasonTooLarge   Reason = 2
	ReasonBadImage   Reason = 3 // no PNG, or one of absurd dimensions
	ReasonGone       Reason = 4 // replaced or withdrawn meanwhile
	ReasonBusy       Reason = 5
	ReasonBroken     Reason = 6 // pieces missing, or the display did not answer
)

// Clipboard is one message about the clipboard. ID counts the offers of one
// side. Which other fields count follows from Kind.
type Clipboard struct {
	Kind    ClipboardKind
	ID      uint32
	Formats []Offered
	// Hash is the first 16 bytes of the content's SHA-256, that of the first
	// format; zero when it is not known.
	Hash   [hashSize]byte
	Format Format
	Total  uint32 // bytes of the content
	Offset uint32 // of Data in it; of ClipboardProgress: bytes received so far
	Data   []byte
	Reason Reason
	Text   string // a sentence for people
}

// AppendClipboard encodes c onto b: u8 version, u8 kind, u32 id, then by kind
//
//	Offer     16 bytes hash, u8 count, count × { u8 format, u32 size }
//	Want      u8 format
//	Chunk     u8 format, u32 total, u32 offset, data
//	Progress  u32 offset
//	Done      nothing
//	Decline, Withhold  u8 reason, text
func AppendClipboard(b []byte, c *Clipboard) ([]byte, error) {
	if err := c.check(); err != nil {
		return b, err
	}
	be := binary.BigEndian
	b = be.AppendUint32(append(b, Version, byte(c.Kind)), c.ID)
	switch c.Kind {
	case ClipboardOffer:
		b = append(append(b, c.Hash[:]...), byte(len(c.Formats)))
		for _, f := range c.Formats {
			b = be.AppendUint32(append(b, byte(f.Format)), f.Size)
		}
	case ClipboardWant:
		b = append(b, byte(c.Format))
	case ClipboardChunk:
		b = be.AppendUint32(append(b, byte(c.Format)), c.Total)
		b = append(be.AppendUint32(b, c.Offset), c.Data...)
	case ClipboardProgress:
		b = be.AppendUint32(b, c.Offset)
	case ClipboardDecline, ClipboardWithhold:
		b = append(append(b, byte(c.Reason)), c.Text...)
	}
	return b, nil
}

// clipboardSize is the least size of each kind's fields, after the id; an exact
// one but for chunks, offers and refusals.
var clipboardSize = [...]int{
	ClipboardOffer: hashSize + 1, ClipboardWant: 1, ClipboardChunk: 9, ClipboardProgress: 4,
	ClipboardDone: 0, ClipboardDecline: 1, ClipboardWithhold: 1,
}

// DecodeClipboard reads one message. Its Data shares b's memory.
func DecodeClipboard(b []byte) (*Clipboard, error) {
	if len(b) < clipboardHeader {
		return nil, fmt.Errorf("%w: %d bytes of clipboard", ErrTruncated, len(b))
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	be := binary.BigEndian
	c := &Clipboard{Kind: ClipboardKind(b[1]), ID: be.Uint32(b[2:])}
	if c.Kind == 0 || int(c.Kind) >= len(clipboardSize) {
		return nil, fmt.Errorf("%w: clipboard message %d", ErrValue, c.Kind)
	}
	b = b[clipboardHeader:]
	size := clipboardSize[c.Kind]
	if len(b) < size {
		return nil, fmt.Errorf("%w: clipboard message %d", ErrTruncated, c.Kind)
	}
	switch c.Kind {
	case ClipboardOffer:
		copy(c.Hash[:], b)
		n := int(b[hashSize])
		size += 5 * n
		if len(b) < size {
			return nil, fmt.Errorf("%w: %d formats", ErrTruncated, n)
		}
		for f := b[hashSize+1 : size]; len(f) > 0; f = f[5:] {
			c.Formats = append(c.Formats, Offered{Format(f[0]), be.Uint32(f[1:])})
		}
	case ClipboardWant:
		c.Format = Format(b[0])
	case ClipboardChunk:
		c.Format, c.Total, c.Offset, c.Data = Format(b[0]), be.Uint32(b[1:]), be.Uint32(b[5:]), b[size:]
		size = len(b)
	case ClipboardProgress:
		c.Offset = be.Uint32(b)
	case ClipboardDecline, ClipboardWithhold:
		c.Reason, c.Text = Reason(b[0]), string(b[1:])
		size = len(b)
	}
	if len(b) != size {
		return nil, fmt.Errorf("%w: %d after clipboard message %d", ErrTrailing, len(b)-size, c.Kind)
	}
	return c, c.check()
}

func (f Format) check() error {
	if f != FormatText && f != FormatPNG {
		return fmt.Errorf("%w: clipboard format %d", ErrValue, f)
	}
	return nil
}

func (c *Clipboard) check() error {
	switch c.Kind {
	case ClipboardOffer:
		if len(c.Formats) == 0 || len(c.Formats) > 2 || len(c.Formats) == 2 && c.Formats[0].Format == c.Formats[1].Format {
			return fmt.Errorf("%w: %d formats offered", ErrValue, len(c.Formats))
		}
		for _, f := range c.Formats {
			if err := f.Format.check(); err != nil {
				return err
			}
		}
	case ClipboardWant:
		return c.Format.check()
	case ClipboardChunk:
		if n := len(c.Data); n == 0 || n > MaxClipboardChunk || c.Total > MaxClipboard || uint64(c.Offset)+uint64(n) > uint64(c.Total) {
			return fmt.Errorf("%w: %d bytes at %d of %d", ErrValue, n, c.Offset, c.Total)
		}
		return c.Format.check()
	case ClipboardProgress:
		if c.Offset > MaxClipboard {
			return fmt.Errorf("%w: progress to %d", ErrValue, c.Offset)
		}
	case ClipboardDone:
	case ClipboardDecline, ClipboardWithhold:
		if c.Reason == 0 || c.Reason > ReasonBroken || len(c.Text) > maxReason || !utf8.ValidString(c.Text) {
			return fmt.Errorf("%w: refusal %d with %d bytes of text", ErrValue, c.Reason, len(c.Text))
		}
	default:
		return fmt.Errorf("%w: clipboard message %d", ErrValue, c.Kind)
	}
	return nil
}
