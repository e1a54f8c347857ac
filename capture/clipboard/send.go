package clipboard

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/easel-live/easel/wire"
)

// stalled is how long a person may take to acknowledge before a copy to them is
// given up.
const stalled = 30 * time.Second

var (
	errBusy    = errors.New("clipboard: too many copies under way")
	errStalled = errors.New("clipboard: nothing was acknowledged")
)

// sendingTo is the display's copy on its way to one person.
type sendingTo struct {
	id     uint32
	cancel context.CancelFunc
	acked  chan uint32 // latest progress
}

// watch offers what programs copy.
func (x *Exchange) watch() {
	for {
		select {
		case <-x.ctx.Done():
			return
		case empty := <-x.copied:
			id := x.superseded()
			if empty {
				continue
			}
			formats, err := x.display.Formats(x.ctx)
			if err != nil || len(formats) == 0 {
				x.log.Debug("nothing to offer", "error", err)
				continue
			}
			m := &wire.Clipboard{Kind: wire.ClipboardOffer, ID: id}
			for _, f := range formats {
				m.Formats = append(m.Formats, wire.Offered{Format: f})
			}
			_ = x.send(m)
		}
	}
}

// superseded ends the display's offer and returns the ID of the next.
func (x *Exchange) superseded() uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	clear(x.cache)
	x.offer++
	return x.offer
}

// wanted begins to send; a new wish of the same person replaces an older one.
func (x *Exchange) wanted(to string, m *wire.Clipboard) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if old := x.sending[to]; old != nil {
		old.cancel()
		delete(x.sending, to)
	}
	switch {
	case m.ID != x.offer:
		x.refuse(wire.ClipboardWithhold, m.ID, to, ErrNothing)
		return
	case len(x.sending) >= maxSending:
		x.refuse(wire.ClipboardWithhold, m.ID, to, errBusy)
		return
	}
	ctx, cancel := context.WithCancel(x.ctx)
	s := &sendingTo{id: m.ID, cancel: cancel, acked: make(chan uint32, 1)}
	x.sending[to] = s
	x.work.Go(func() {
		defer cancel()
		if err := x.transfer(ctx, to, s, m.Format); err != nil && x.ctx.Err() == nil {
			x.refuse(wire.ClipboardWithhold, m.ID, to, err)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.sending[to] == s {
			delete(x.sending, to)
		}
	})
}

// acknowledged passes on how far somebody is.
func (x *Exchange) acknowledged(from string, m *wire.Clipboard) {
	x.mu.Lock()
	s := x.sending[from]
	x.mu.Unlock()
	if s == nil || s.id != m.ID {
		return
	}
	if m.Kind != wire.ClipboardProgress {
		s.cancel()
		return
	}
	select {
	case <-s.acked: // only this goroutine writes
	default:
	}
	s.acked <- m.Offset
}

// transfer sends one format of what the display has, at the room's pace and
// never more than a window ahead of its receiver.
func (x *Exchange) transfer(ctx context.Context, to string, s *sendingTo, f wire.Format) error {
	data, err := x.content(ctx, s.id, f)
	if err != nil {
		return err
	}
	received := 0
	for at := 0; at < len(data); {
		for at-received >= wire.ClipboardWindow {
			select {
			case n := <-s.acked:
				received = max(received, int(n))
			case <-ctx.Done():
				return nil // declined, or replaced by a newer wish
			case <-time.After(stalled):
				return errStalled
			}
		}
		n := min(wire.MaxClipboardChunk, len(data)-at)
		if x.pace.WaitN(ctx, n) != nil {
			return nil
		}
		err := x.send(&wire.Clipboard{
			Kind: wire.ClipboardChunk, ID: s.id, Format: f,
			Total: uint32(len(data)), Offset: uint32(at), Data: data[at : at+n],
		}, to)
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

// content reads the display's copy once for everybody who wants it.
func (x *Exchange) content(ctx context.Context, id uint32, f wire.Format) ([]byte, error) {
	x.mu.Lock()
	data, ok := x.cache[f]
	x.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := x.display.Read(ctx, f)
	if err != nil {
		return nil, err
	}
	switch f {
	case wire.FormatPNG:
		if data, _, err = CleanPNG(data); err != nil {
			return nil, err
		}
	case wire.FormatText:
		if len(data) > maxText {
			return nil, ErrTooLarge
		}
		if !utf8.Valid(data) {
			return nil, fmt.Errorf("%w: %w", ErrNothing, errText)
		}
	}
	if len(data) == 0 {
		return nil, ErrNothing
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.offer != id {
		return nil, ErrNothing // replaced while it was read
	}
	x.cache[f] = data
	return data, nil
}
