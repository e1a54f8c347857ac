package clipboard

import (
	"errors"
	"fmt"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/wire"
)

// Errors of a Board.
var (
	ErrLost     = errors.New("clipboard: X server lost")
	ErrNothing  = errors.New("clipboard: nothing of that kind is there")
	ErrTooLarge = errors.New("clipboard: too large")
	ErrSilent   = errors.New("clipboard: its owner does not answer")
)

// Content is what is copied, in the formats it comes in.
type Content map[wire.Format][]byte

// atoms are the names that the selection protocol speaks in.
type atoms struct {
	clipboard, targets, timestamp, incr xproto.Atom
	png, utf8, plain, plainUTF8, text   xproto.Atom
}

// Board is the CLIPBOARD selection of an X display, on a connection of its own.
// Its methods may be called from several goroutines.
type Board struct {
	conn   *xgb.Conn
	window xproto.Window
	atoms  atoms
	gone   chan struct{}
	// changed is told, by the Board's own goroutine, that a program copied
	// something, or that the clipboard is empty now.
	changed func(empty bool)

	mu      sync.Mutex
	content Content // what this Board owns; nil: the selection is somebody else's
	since   xproto.Timestamp

	reading sync.Mutex // one conversion at a time
	turn    uint32
	answers chan xgb.Event // about the conversion under way

	pieces []*pieces // of what is being given, oldest first; the reader's own
}

// Open connects to a display ("" is $DISPLAY). changed must not block.
func Open(display string, changed func(empty bool)) (*Board, error) {
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	b := &Board{conn: c, gone: make(chan struct{}), changed: changed, answers: make(chan xgb.Event, 64)}
	if err := b.start(); err != nil {
		c.Close()
		for e, err := c.WaitForEvent(); e != nil || err != nil; e, err = c.WaitForEvent() {
		}
		return nil, err
	}
	go b.read()
	return b, nil
}

// Close ends the connection; what was owned is gone with it.
func (b *Board) Close() {
	b.conn.Close()
	<-b.gone
}

func (b *Board) start() error {
	if err := b.extension(); err != nil {
		return err
	}
	for name, into := range map[string]*xproto.Atom{
		"CLIPBOARD": &b.atoms.clipboard, "TARGETS": &b.atoms.targets, "TIMESTAMP": &b.atoms.timestamp,
		"INCR": &b.atoms.incr, "image/png": &b.atoms.png,
		"UTF8_STRING": &b.atoms.utf8, "text/plain": &b.atoms.plain, "text/plain;charset=utf-8": &b.atoms.plainUTF8,
		"TEXT": &b.atoms.text,
	} {
		r, err := xproto.InternAtom(b.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("clipboard: %w", err)
		}
		*into = r.Atom
	}
	screen := xproto.Setup(b.conn).DefaultScreen(b.conn)
	var err error
	if b.window, err = xproto.NewWindowId(b.conn); err != nil {
		return fmt.Errorf("clipboard: %w", err)
	}
	if err := xproto.CreateWindowChecked(b.conn, 0, b.window, screen.Root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check(); err != nil {
		return fmt.Errorf("clipboard: window: %w", err)
	}
	const all = xfixes.SelectionEventMaskSetSelectionOwner | xfixes.SelectionEventMaskSelectionWindowDestroy | xfixes.SelectionEventMaskSelectionClientClose
	if err := xfixes.SelectSelectionInputChecked(b.conn, b.window, b.atoms.clipboard, all).Check(); err != nil {
		return fmt.Errorf("clipboard: watch: %w", err)
	}
	return nil
}

// extension makes XFIXES known to the connection. xfixes.Init also writes a
// table that all connections of the process read, so it is left to whoever
// opened the first one, if there is one.
func (b *Board) extension() error {
	r, err := xproto.QueryExtension(b.conn, uint16(len("XFIXES")), "XFIXES").Reply()
	if err != nil || !r.Present {
		return errors.Join(errors.New("clipboard: the X server has no XFIXES extension"), err)
	}
	if xgb.NewEventFuncs[int(r.FirstEvent)+xfixes.SelectionNotify] == nil {
		if err := xfixes.Init(b.conn); err != nil {
			return fmt.Errorf("clipboard: %w", err)
		}
	} else {
		b.conn.ExtLock.Lock()
		b.conn.Extensions["XFIXES"] = r.MajorOpcode
		b.conn.ExtLock.Unlock()
	}
	if _, err := xfixes.QueryVersion(b.conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("clipboard: XFIXES: %w", err)
	}
	return nil
}

// read serves events until the connection ends.
func (b *Board) read() {
	defer close(b.gone)
	for {
		event, err := b.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case xfixes.SelectionNotifyEvent:
			b.owned(e)
		case xproto.SelectionRequestEvent:
			b.give(e)
		case xproto.SelectionNotifyEvent:
			b.answer(e)
		case xproto.PropertyNotifyEvent:
			if e.Window != b.window {
				b.giveMore(e)
			} else if e.State == xproto.PropertyNewValue {
				b.answer(e)
			}
		}
	}
}

// owned notes whose the selection is now.
func (b *Board) owned(e xfixes.SelectionNotifyEvent) {
	b.mu.Lock()
	mine := e.Owner == b.window
	if mine {
		b.since = e.SelectionTimestamp
	} else {
		b.content = nil
	}
	b.mu.Unlock()
	if !mine {
		b.changed(e.Owner == xproto.WindowNone)
	}
}

// answer passes on what the conversion under way is waiting for.
func (b *Board) answer(e xgb.Event) {
	select {
	case b.answers <- e:
	default: // nobody waits any more
	}
}
