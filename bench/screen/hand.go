package screen

import (
	"fmt"
	"slices"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/easel-live/easel/bench/browser"
)

// Picture is the display as if it were a page that shows itself, pixel by pixel:
// whatever works on a page's picture works on the screen.
func (s *Screen) Picture() (browser.Picture, error) {
	width, height, err := s.Size()
	if err != nil {
		return browser.Picture{}, err
	}
	return browser.Picture{Width: width, Height: height, ShownWidth: float64(width), ShownHeight: float64(height)}, nil
}

// Move moves the pointer; whether the button is held the X server knows itself.
func (s *Screen) Move(x, y float64, _ bool) error {
	return s.fake(xproto.MotionNotify, 0, x, y)
}

// Press presses the left button.
func (s *Screen) Press(x, y float64) error {
	if err := s.Move(x, y, false); err != nil {
		return err
	}
	return s.fake(xproto.ButtonPress, 1, x, y)
}

// Release lets the left button go.
func (s *Screen) Release(x, y float64) error { return s.fake(xproto.ButtonRelease, 1, x, y) }

// Sketch is a hand that takes each stroke back once it is drawn (Ctrl+Z): the
// picture stays what it is, however long one draws.
type Sketch struct{ *Screen }

// Release lets the left button go and undoes the stroke.
func (s Sketch) Release(x, y float64) error {
	if err := s.Screen.Release(x, y); err != nil {
		return err
	}
	return s.Tap(ControlL, 'z')
}

// ControlL is the keysym of the left control key.
const ControlL xproto.Keysym = 0xFFE3

// Tap presses keys one after the other and lets them go in reverse. A character
// of Latin-1 is its own keysym; those that need a modifier come after it.
func (s *Screen) Tap(keys ...xproto.Keysym) error {
	codes := make([]byte, len(keys))
	for i, key := range keys {
		var err error
		if codes[i], err = s.code(key); err != nil {
			return err
		}
	}
	for _, c := range codes {
		if err := s.fake(xproto.KeyPress, c, 0, 0); err != nil {
			return err
		}
	}
	for _, c := range slices.Backward(codes) {
		if err := s.fake(xproto.KeyRelease, c, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// code finds a key on the display's keyboard.
func (s *Screen) code(key xproto.Keysym) (byte, error) {
	setup := xproto.Setup(s.conn)
	first := setup.MinKeycode
	board, err := xproto.GetKeyboardMapping(s.conn, first, byte(setup.MaxKeycode-first+1)).Reply()
	if err != nil {
		return 0, fmt.Errorf("screen: keyboard: %w", err)
	}
	each := int(board.KeysymsPerKeycode)
	for i := 0; i < len(board.Keysyms); i += each {
		if board.Keysyms[i] == key {
			return byte(first) + byte(i/each), nil
		}
	}
	return 0, fmt.Errorf("%w: no key for keysym %#x", ErrDisplay, key)
}

func (s *Screen) fake(event, detail byte, x, y float64) error {
	if err := xtest.FakeInputChecked(s.conn, event, detail, 0, s.root, int16(x), int16(y), 0).Check(); err != nil {
		return fmt.Errorf("screen: input: %w", err)
	}
	return nil
}
