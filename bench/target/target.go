// Package target is the X program whose picture a latency measurement watches:
// a window over the whole display that turns from black to white, or back, on
// every button press, as fast as an X client can. Whatever lies between a click
// in a browser and that colour in the browser is then the product's.
package target

import (
	"context"
	"errors"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// ErrDisplay is wrapped by errors about a display that a target cannot use.
var ErrDisplay = errors.New("target: unusable display")

// Options say where and what to show.
type Options struct {
	// Display is the X display, such as ":12"; empty: $DISPLAY. XAUTHORITY
	// comes from the environment.
	Display string
	// Width and Height of the part that changes, in pixels, centred; 0: the
	// whole display.
	Width, Height int
	// Pattern shows text-like detail beside the colour, so that a change costs
	// an encoder about as much as an application's does; a Mark of plain black
	// or white stays in the middle.
	Pattern bool
}

// Mark is the side of the square in the middle of the display that is always
// plainly black or plainly white, in pixels.
const Mark = 96

// Target is an open window.
type Target struct {
	conn   *xgb.Conn
	opts   Options
	root   xproto.Window
	window xproto.Window
	black  xproto.Gcontext
	white  xproto.Gcontext
	// detail holds the two patterns, dark and bright; 0 without Options.Pattern.
	detail [2]xproto.Pixmap
	width  int
	height int
	bright bool
}

// Open shows the window, black, above everything else on the display.
func Open(opts Options) (*Target, error) {
	conn, err := xgb.NewConnDisplay(opts.Display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisplay, err)
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	t := &Target{
		conn: conn, opts: opts, root: screen.Root,
		width: int(screen.WidthInPixels), height: int(screen.HeightInPixels),
	}
	if err := t.create(screen); err != nil {
		conn.Close()
		return nil, err
	}
	return t, nil
}

// Size is the display's size in pixels as the target knows it.
func (t *Target) Size() (width, height int) { return t.width, t.height }

func (t *Target) create(screen *xproto.ScreenInfo) error {
	ids := make([]uint32, 3)
	for i := range ids {
		id, err := t.conn.NewId()
		if err != nil {
			return fmt.Errorf("target: %w", err)
		}
		ids[i] = id
	}
	t.window, t.black, t.white = xproto.Window(ids[0]), xproto.Gcontext(ids[1]), xproto.Gcontext(ids[2])

	// The server answers a resize of the display with a ConfigureNotify of the
	// root window.
	if err := xproto.ChangeWindowAttributesChecked(t.conn, t.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskStructureNotify}).Check(); err != nil {
		return fmt.Errorf("target: watch the display: %w", err)
	}
	err := xproto.CreateWindowChecked(t.conn, screen.RootDepth, t.window, t.root,
		0, 0, uint16(t.width), uint16(t.height), 0, xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{screen.BlackPixel, 1,
			xproto.EventMaskButtonPress | xproto.EventMaskExposure | xproto.EventMaskVisibilityChange}).Check()
	if err != nil {
		return fmt.Errorf("target: create the window: %w", err)
	}
	for gc, pixel := range map[xproto.Gcontext]uint32{t.black: screen.BlackPixel, t.white: screen.WhitePixel} {
		if err := xproto.CreateGCChecked(t.conn, gc, xproto.Drawable(t.window), xproto.GcForeground, []uint32{pixel}).Check(); err != nil {
			return fmt.Errorf("target: create a graphics context: %w", err)
		}
	}
	if t.opts.Pattern {
		if err := t.uploadDetail(screen); err != nil {
			return err
		}
	}
	if err := xproto.MapWindowChecked(t.conn, t.window).Check(); err != nil {
		return fmt.Errorf("target: show the window: %w", err)
	}
	return nil
}

// Run answers events until ctx ends (then it returns nil) or the display goes.
// The target is closed afterwards.
func (t *Target) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, t.conn.Close)
	defer func() {
		if stop() {
			t.conn.Close()
		}
	}()
	for {
		event, xerr := t.conn.WaitForEvent()
		if ctx.Err() != nil {
			return nil
		}
		if event == nil && xerr == nil {
			return fmt.Errorf("%w: connection lost", ErrDisplay)
		}
		if xerr != nil {
			return fmt.Errorf("target: %w", xerr)
		}
		t.handle(event)
	}
}

func (t *Target) handle(event xgb.Event) {
	switch e := event.(type) {
	case xproto.ButtonPressEvent:
		t.bright = !t.bright
		t.draw()
	case xproto.ExposeEvent:
		if e.Count == 0 {
			t.draw()
		}
	case xproto.VisibilityNotifyEvent:
		if e.State != xproto.VisibilityUnobscured {
			xproto.ConfigureWindow(t.conn, t.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
		}
	case xproto.ConfigureNotifyEvent:
		if e.Window == t.root && (int(e.Width) != t.width || int(e.Height) != t.height) {
			t.width, t.height = int(e.Width), int(e.Height)
			xproto.ConfigureWindow(t.conn, t.window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
				[]uint32{uint32(e.Width), uint32(e.Height)})
			t.draw()
		}
	}
}

// draw sends the whole picture of the present state: one request, or two with
// the pattern.
func (t *Target) draw() {
	gc, detail := t.black, t.detail[0]
	if t.bright {
		gc, detail = t.white, t.detail[1]
	}
	part := centred(t.width, t.height, t.opts.Width, t.opts.Height)
	if t.opts.Pattern {
		patch := centred(t.width, t.height, detailWidth, detailHeight)
		xproto.CopyArea(t.conn, xproto.Drawable(detail), xproto.Drawable(t.window), gc,
			0, 0, patch.X, patch.Y, patch.Width, patch.Height)
		part = centred(t.width, t.height, Mark, Mark)
	}
	xproto.PolyFillRectangle(t.conn, xproto.Drawable(t.window), gc, []xproto.Rectangle{part})
}

// centred is a rectangle of the wanted size in the middle of the display, cut
// to it; a wanted size of 0 is the whole display.
func centred(width, height, w, h int) xproto.Rectangle {
	if w <= 0 || w > width {
		w = width
	}
	if h <= 0 || h > height {
		h = height
	}
	return xproto.Rectangle{X: int16((width - w) / 2), Y: int16((height - h) / 2), Width: uint16(w), Height: uint16(h)}
}
