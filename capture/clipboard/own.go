package clipboard

import (
	"encoding/binary"
	"fmt"

	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/wire"
)

const (
	// piece is how much of a content one request carries: X limits requests to
	// 256 KiB.
	piece = 128 << 10
	// maxGiving bounds the transfers under way to programs. One more ends the
	// oldest, whose program has likely gone.
	maxGiving = 16
)

// pieces is a content on its way to a program, piece by piece.
type pieces struct {
	to       xproto.Window
	property xproto.Atom
	target   xproto.Atom
	rest     []byte
}

// Own puts a content on the display's clipboard.
func (b *Board) Own(c Content) error {
	b.mu.Lock()
	b.content = c
	b.mu.Unlock()
	xproto.SetSelectionOwner(b.conn, b.window, b.atoms.clipboard, xproto.TimeCurrentTime)
	r, err := xproto.GetSelectionOwner(b.conn, b.atoms.clipboard).Reply()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	if r.Owner != b.window {
		return fmt.Errorf("%w: another program took it at the same moment", ErrNothing)
	}
	return nil
}

// Owns says whether what was given to Own is still on the clipboard.
func (b *Board) Owns() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content != nil
}

// give answers a program that pastes.
func (b *Board) give(e xproto.SelectionRequestEvent) {
	property := e.Property
	if property == xproto.AtomNone {
		property = e.Target // ICCCM 2.2: old programs
	}
	if e.Selection != b.atoms.clipboard || !b.put(e.Requestor, property, e.Target) {
		property = xproto.AtomNone
	}
	answer := xproto.SelectionNotifyEvent{
		Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: property,
	}
	xproto.SendEvent(b.conn, false, e.Requestor, 0, string(answer.Bytes()))
}

// put writes what is asked for onto the requestor's property, or begins to.
func (b *Board) put(to xproto.Window, property, target xproto.Atom) bool {
	b.mu.Lock()
	content, since := b.content, b.since
	b.mu.Unlock()
	if content == nil {
		return false
	}
	switch target {
	case b.atoms.targets:
		return b.set(to, property, xproto.AtomAtom, 32, atomBytes(b.offered(content)))
	case b.atoms.timestamp:
		return b.set(to, property, xproto.AtomInteger, 32, binary.LittleEndian.AppendUint32(nil, uint32(since)))
	}
	data, ok := content[b.formatOf(target)]
	if !ok {
		return false
	}
	if len(data) <= piece {
		return b.set(to, property, target, 8, data)
	}
	// The requestor's deletions of the property ask for the pieces.
	if xproto.ChangeWindowAttributesChecked(b.conn, to, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check() != nil {
		return false
	}
	if len(b.pieces) == maxGiving {
		b.pieces = b.pieces[1:]
	}
	b.pieces = append(b.pieces, &pieces{to: to, property: property, target: target, rest: data})
	return b.set(to, property, b.atoms.incr, 32, binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
}

// giveMore gives the next piece when the requestor has taken the one before.
func (b *Board) giveMore(e xproto.PropertyNotifyEvent) {
	if e.State != xproto.PropertyDelete {
		return
	}
	for i, p := range b.pieces {
		if p.to != e.Window || p.property != e.Atom {
			continue
		}
		n := min(piece, len(p.rest))
		given := b.set(p.to, p.property, p.target, 8, p.rest[:n])
		p.rest = p.rest[n:]
		if !given || n == 0 {
			b.pieces = append(b.pieces[:i], b.pieces[i+1:]...)
			xproto.ChangeWindowAttributes(b.conn, p.to, xproto.CwEventMask, []uint32{0})
		}
		return
	}
}

// set writes a property of somebody's window; false when it is gone.
func (b *Board) set(w xproto.Window, property, kind xproto.Atom, format byte, data []byte) bool {
	n := uint32(len(data)) / uint32(format/8)
	return xproto.ChangePropertyChecked(b.conn, xproto.PropModeReplace, w, property, kind, format, n, data).Check() == nil
}

// offered are the targets of a content.
func (b *Board) offered(c Content) []xproto.Atom {
	a := &b.atoms
	list := []xproto.Atom{a.targets, a.timestamp}
	if c[wire.FormatPNG] != nil {
		list = append(list, a.png)
	}
	if c[wire.FormatText] != nil {
		list = append(list, a.utf8, a.plainUTF8, a.plain, a.text)
	}
	return list
}

// formatOf is the format behind a target, 0 for none.
func (b *Board) formatOf(target xproto.Atom) wire.Format {
	switch a := &b.atoms; target {
	case a.png:
		return wire.FormatPNG
	case a.utf8, a.plainUTF8, a.plain, a.text:
		return wire.FormatText
	default:
		return 0
	}
}

func atomBytes(list []xproto.Atom) []byte {
	var out []byte
	for _, a := range list {
		out = binary.LittleEndian.AppendUint32(out, uint32(a))
	}
	return out
}
