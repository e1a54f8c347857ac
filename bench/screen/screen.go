// Package screen is a session's X display as it truly is: its pixels, to compare
// with what a viewer was shown, and a hand that works on it without any stream in
// between, so that two ways of streaming see the same work.
package screen

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// ErrDisplay is wrapped by errors about a display that cannot be used.
var ErrDisplay = errors.New("screen: unusable display")

// Screen is a connection to a display. Its methods are for one goroutine.
type Screen struct {
	conn *xgb.Conn
	root xproto.Window
}

// Open connects to a display such as ":12"; XAUTHORITY comes from the
// environment.
func Open(display string) (*Screen, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisplay, err)
	}
	if err := xtest.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: XTEST: %w", ErrDisplay, err)
	}
	s := &Screen{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	if depth := xproto.Setup(conn).DefaultScreen(conn).RootDepth; depth != 24 {
		conn.Close()
		return nil, fmt.Errorf("%w: want depth 24, this has %d", ErrDisplay, depth)
	}
	return s, nil
}

// Close ends the connection.
func (s *Screen) Close() error {
	s.conn.Close()
	return nil
}

// Size is the display's size in pixels just now.
func (s *Screen) Size() (width, height int, err error) {
	g, err := xproto.GetGeometry(s.conn, xproto.Drawable(s.root)).Reply()
	if err != nil {
		return 0, 0, fmt.Errorf("screen: size: %w", err)
	}
	return int(g.Width), int(g.Height), nil
}

// Grab reads all pixels; the pointer is not among them.
func (s *Screen) Grab() (*image.RGBA, error) {
	width, height, err := s.Size()
	if err != nil {
		return nil, err
	}
	got, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.root),
		0, 0, uint16(width), uint16(height), ^uint32(0)).Reply()
	if err != nil {
		return nil, fmt.Errorf("screen: grab: %w", err)
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	if len(got.Data) < len(picture.Pix) {
		return nil, fmt.Errorf("%w: %d bytes for %dx%d pixels", ErrDisplay, len(got.Data), width, height)
	}
	for i := 0; i < len(picture.Pix); i += 4 { // blue, green, red, unused
		b, g, r := got.Data[i], got.Data[i+1], got.Data[i+2]
		picture.Pix[i], picture.Pix[i+1], picture.Pix[i+2], picture.Pix[i+3] = r, g, b, 0xFF
	}
	return picture, nil
}
