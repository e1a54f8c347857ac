package images

import (
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"
	"github.com/jezek/xgb/xproto"
)

// Hand tells how the hands at a display rest.
type Hand interface {
	// Idle is how long no key, button or pointer has moved, and whether a button
	// is held.
	Idle() (idle time.Duration, held bool, err error)
}

// xHand asks an X server, which all hands reach in the end.
type xHand struct {
	conn *xgb.Conn
	root xproto.Window
}

// OpenHand watches the hands at an X display; call close after use.
func OpenHand(display string) (hand Hand, close func(), err error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, nil, fmt.Errorf("images: %w", err)
	}
	if err := screensaver.Init(conn); err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("images: %w", err)
	}
	return &xHand{conn, xproto.Setup(conn).DefaultScreen(conn).Root}, conn.Close, nil
}

const buttons = xproto.KeyButMaskButton1 | xproto.KeyButMaskButton2 | xproto.KeyButMaskButton3 |
	xproto.KeyButMaskButton4 | xproto.KeyButMaskButton5

// Idle implements Hand.
func (x *xHand) Idle() (time.Duration, bool, error) {
	info, err := screensaver.QueryInfo(x.conn, xproto.Drawable(x.root)).Reply()
	if err != nil {
		return 0, false, fmt.Errorf("images: %w", err)
	}
	pointer, err := xproto.QueryPointer(x.conn, x.root).Reply()
	if err != nil {
		return 0, false, fmt.Errorf("images: %w", err)
	}
	return time.Duration(info.MsSinceUserInput) * time.Millisecond, pointer.Mask&buttons != 0, nil
}
