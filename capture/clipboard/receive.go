package clipboard

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/easel-live/easel/wire"
)

// maxText bounds copied text, in bytes.
const maxText = 1 << 20

var (
	errOrder = errors.New("clipboard: a piece is missing")
	errText  = errors.New("clipboard: text that is not UTF-8")
)

// incoming is a person's copy on its way to the display; there is one at a
// time, since one person at a time has the hand.
type incoming struct {
	from   string // empty: none
	id     uint32
	format wire.Format
	data   []byte
	told   int // bytes acknowledged
	// placed is the content that was put on the display last, so that pasting
	// it again sends nothing.
	placed [16]byte
}

// offered takes the best of what somebody offers, unless it is here already.
func (x *Exchange) offered(from string, m *wire.Clipboard) {
	in := &x.incoming
	known := m.Hash != [16]byte{} && m.Hash == in.placed && x.display.Owns()
	*in = incoming{placed: in.placed}
	best := m.Formats[0]
	switch {
	case known:
		_ = x.send(&wire.Clipboard{Kind: wire.ClipboardDone, ID: m.ID}, from)
	case best.Size > most(best.Format):
		x.refuse(wire.ClipboardDecline, m.ID, from, ErrTooLarge)
	default:
		in.from, in.id, in.format = from, m.ID, best.Format
		_ = x.send(&wire.Clipboard{Kind: wire.ClipboardWant, ID: m.ID, Format: best.Format}, from)
	}
}

func most(f wire.Format) uint32 {
	if f == wire.FormatText {
		return maxText
	}
	return wire.MaxClipboard
}

// chunk takes the next piece. Memory grows with what arrives, not with what is
// announced.
func (x *Exchange) chunk(from string, m *wire.Clipboard) {
	in := &x.incoming
	if in.from != from || in.id != m.ID || in.format != m.Format {
		return // of an offer that was given up
	}
	if m.Total > most(m.Format) || int(m.Offset) != len(in.data) {
		x.give(errOrder)
		return
	}
	in.data = append(in.data, m.Data...)
	switch n := len(in.data); {
	case n == int(m.Total):
		x.give(x.place())
	case n-in.told >= wire.ClipboardWindow/4:
		in.told = n
		_ = x.send(&wire.Clipboard{Kind: wire.ClipboardProgress, ID: m.ID, Offset: uint32(n)}, from)
	}
}

// withheld gives up on what its owner does not send after all.
func (x *Exchange) withheld(from string, m *wire.Clipboard) {
	if x.incoming.from == from && x.incoming.id == m.ID {
		x.incoming = incoming{placed: x.incoming.placed}
	}
}

// place checks the content and puts it on the display's clipboard.
func (x *Exchange) place() error {
	in := &x.incoming
	data := in.data
	switch in.format {
	case wire.FormatText:
		if !utf8.Valid(data) {
			return errText
		}
	case wire.FormatPNG:
		var err error
		if data, _, err = CleanPNG(data); err != nil {
			return err
		}
	}
	if err := x.display.Own(Content{in.format: data}); err != nil {
		return fmt.Errorf("clipboard: %w", err)
	}
	x.superseded() // what a program had copied is not there any more
	sum := sha256.Sum256(in.data)
	copy(in.placed[:], sum[:])
	return nil
}

// give ends the transfer: the content is placed, or err says why not.
func (x *Exchange) give(err error) {
	in := x.incoming
	x.incoming = incoming{placed: in.placed}
	if err != nil {
		x.refuse(wire.ClipboardDecline, in.id, in.from, err)
		return
	}
	x.log.Debug("clipboard from a person", "from", in.from, "bytes", len(in.data))
	_ = x.send(&wire.Clipboard{Kind: wire.ClipboardDone, ID: in.id}, in.from)
}
