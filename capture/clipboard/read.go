package clipboard

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/wire"
)

// silence is how long a program may take for its next answer: GIMP encodes a
// large picture before it gives the first piece.
const silence = 20 * time.Second

// Formats asks the selection's owner what it has, best first.
func (b *Board) Formats(ctx context.Context) ([]wire.Format, error) {
	raw, err := b.convert(ctx, b.atoms.targets, 64<<10)
	if err != nil {
		return nil, err
	}
	var png, text bool
	for ; len(raw) >= 4; raw = raw[4:] {
		switch b.formatOf(xproto.Atom(binary.LittleEndian.Uint32(raw))) {
		case wire.FormatPNG:
			png = true
		case wire.FormatText:
			text = true
		}
	}
	var list []wire.Format
	if png {
		list = append(list, wire.FormatPNG)
	}
	if text {
		list = append(list, wire.FormatText)
	}
	return list, nil
}

// Read takes one format of what is copied, at most wire.MaxClipboard bytes.
func (b *Board) Read(ctx context.Context, f wire.Format) ([]byte, error) {
	target := b.atoms.utf8
	if f == wire.FormatPNG {
		target = b.atoms.png
	}
	return b.convert(ctx, target, wire.MaxClipboard)
}

// convert asks the owner for a target and waits for all of it.
func (b *Board) convert(ctx context.Context, target xproto.Atom, most int) ([]byte, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	// A property of its own keeps a late answer to an earlier question apart.
	b.turn++
	name := fmt.Sprintf("EASEL_%d", b.turn%64)
	r, err := xproto.InternAtom(b.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	property := r.Atom
	for len(b.answers) > 0 {
		<-b.answers
	}
	xproto.DeleteProperty(b.conn, b.window, property)
	xproto.ConvertSelection(b.conn, b.window, b.atoms.clipboard, target, property, xproto.TimeCurrentTime)
	for {
		e, err := b.await(ctx)
		if err != nil {
			return nil, err
		}
		n, ok := e.(xproto.SelectionNotifyEvent)
		if !ok || n.Target != target || n.Property != property && n.Property != xproto.AtomNone {
			continue
		}
		if n.Property == xproto.AtomNone {
			return nil, ErrNothing
		}
		break
	}
	data, kind, err := b.take(property, most)
	if err != nil || kind != b.atoms.incr {
		return data, err
	}
	return b.collect(ctx, property, most)
}

// collect takes the pieces that follow an INCR, until an empty one.
func (b *Board) collect(ctx context.Context, property xproto.Atom, most int) ([]byte, error) {
	var all []byte
	for {
		e, err := b.await(ctx)
		if err != nil {
			return nil, err
		}
		if n, ok := e.(xproto.PropertyNotifyEvent); !ok || n.Atom != property {
			continue
		}
		data, kind, err := b.take(property, most-len(all))
		switch {
		case err != nil:
			return nil, err
		case kind == xproto.AtomNone:
			continue // told twice of one piece
		case len(data) == 0:
			return all, nil
		}
		all = append(all, data...)
	}
}

// take reads a property and deletes it, which asks for the next piece.
func (b *Board) take(property xproto.Atom, most int) ([]byte, xproto.Atom, error) {
	r, err := xproto.GetProperty(b.conn, true, b.window, property, xproto.GetPropertyTypeAny, 0, uint32(most/4+1)).Reply()
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrLost, err)
	}
	if r.BytesAfter > 0 || len(r.Value) > most {
		xproto.DeleteProperty(b.conn, b.window, property)
		return nil, 0, ErrTooLarge
	}
	return r.Value, r.Type, nil
}

func (b *Board) await(ctx context.Context) (any, error) {
	timer := time.NewTimer(silence)
	defer timer.Stop()
	select {
	case e := <-b.answers:
		return e, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-b.gone:
		return nil, ErrLost
	case <-timer.C:
		return nil, ErrSilent
	}
}
