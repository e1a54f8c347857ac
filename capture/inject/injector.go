package inject

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/easel-live/easel/wire"
)

// ErrLost: the X server went away.
var ErrLost = errors.New("inject: X server lost")

const (
	notch = 120 // wheel units of one click of a wheel

	// maxNotches bounds the clicks of one scroll event: enough for the fastest
	// wheel, little enough for the slowest program.
	maxNotches = 20
)

// Wheel buttons of X11.
const (
	wheelUp, wheelDown, wheelLeft, wheelRight = 4, 5, 6, 7
)

// Options are what an Injector needs to know.
type Options struct {
	// Display is the display's name; "" is $DISPLAY.
	Display string
	// Size is asked for the display's size in pixels, to keep the pointer on it.
	Size func() image.Point
	// Resize is called for each wish to resize, with how large things shall be
	// drawn in percent; it must not block.
	Resize func(size image.Point, scale int)
}

// Injector is an input device on an X display, on a connection of its own so
// that no key waits for a screen to be read. Not for use by several goroutines
// at once.
type Injector struct {
	conn   *xgb.Conn
	root   xproto.Window
	opts   Options
	gone   chan struct{}
	keys   *keyboard
	down   [wire.MaxButton + 1]bool
	scroll struct{ x, y int } // less than a notch, towards right and down
}

// Open connects to a display.
func Open(o Options) (*Injector, error) {
	c, err := xgb.NewConnDisplay(o.Display)
	if err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	j := &Injector{conn: c, root: xproto.Setup(c).DefaultScreen(c).Root, opts: o, gone: make(chan struct{})}
	j.keys = newKeyboard(c, j.fake)
	go j.read()
	if err := j.start(); err != nil {
		j.end()
		return nil, err
	}
	return j, nil
}

func (j *Injector) start() error {
	// Registered by hand rather than by xtest.Init: that one writes tables which
	// all connections of the process read. XTEST has neither events nor errors.
	r, err := xproto.QueryExtension(j.conn, uint16(len("XTEST")), "XTEST").Reply()
	if err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	if !r.Present {
		return errors.New("inject: the X server has no XTEST extension")
	}
	j.conn.ExtLock.Lock()
	j.conn.Extensions["XTEST"] = r.MajorOpcode
	j.conn.ExtLock.Unlock()
	if err := j.letGo(); err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	return j.keys.load()
}

// letGo releases what an agent that was killed held: the X server keeps it down,
// and a program that sees a button down waits for its end. Buttons beyond the
// fifth show in no mask.
func (j *Injector) letGo() error {
	pointer, err := xproto.QueryPointer(j.conn, j.root).Reply()
	if err != nil {
		return err
	}
	for b := range uint8(5) {
		if pointer.Mask&(xproto.KeyButMaskButton1<<b) != 0 {
			j.click(b+1, false)
		}
	}
	keymap, err := xproto.QueryKeymap(j.conn).Reply()
	if err != nil {
		return err
	}
	for code := range 8 * len(keymap.Keys) {
		if keymap.Keys[code/8]&(1<<(code%8)) != 0 {
			j.fake(xproto.KeyRelease, byte(code))
		}
	}
	return nil
}

// Close releases what is held and ends the connection.
func (j *Injector) Close() {
	j.ReleaseAll()
	_ = j.Flush()
	j.end()
}

func (j *Injector) end() {
	j.conn.Close()
	<-j.gone
}

// Event plays one event. Flush says when the display has it.
func (j *Injector) Event(e *wire.Event) {
	switch e.Kind {
	case wire.Move:
		j.move(e.X, e.Y)
	case wire.ButtonDown:
		j.move(e.X, e.Y)
		j.button(e.Button, true)
	case wire.ButtonUp:
		j.move(e.X, e.Y)
		j.button(e.Button, false)
	case wire.KeyDown:
		j.keys.press(xproto.Keysym(e.Keysym))
	case wire.KeyUp:
		j.keys.release(xproto.Keysym(e.Keysym))
	case wire.Scroll:
		j.move(e.X, e.Y)
		j.scroll.x = j.wheel(j.scroll.x+int(e.DX), wheelLeft, wheelRight)
		j.scroll.y = j.wheel(j.scroll.y+int(e.DY), wheelUp, wheelDown)
	case wire.Resize:
		j.opts.Resize(image.Pt(int(e.Width), int(e.Height)), int(e.Scale))
	case wire.ReleaseAll:
		j.ReleaseAll()
	}
}

// Flush waits until the display has taken all events, so that a flood waits
// here and not in the X server's queue.
func (j *Injector) Flush() error {
	if _, err := xproto.GetInputFocus(j.conn).Reply(); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

// ReleaseAll lets go of every button and key.
func (j *Injector) ReleaseAll() {
	for b := range j.down {
		if j.down[b] {
			j.button(uint8(b), false)
		}
	}
	j.keys.releaseAll()
	j.scroll.x, j.scroll.y = 0, 0
}

func (j *Injector) move(x, y uint16) {
	size := j.opts.Size()
	xtest.FakeInput(j.conn, xproto.MotionNotify, 0, 0, j.root,
		int16(max(min(int(x), size.X-1), 0)), int16(max(min(int(y), size.Y-1), 0)), 0)
}

// button presses or releases, unless it is so already: a repeated press must
// not start a second stroke.
func (j *Injector) button(b uint8, down bool) {
	if int(b) >= len(j.down) || j.down[b] == down {
		return
	}
	j.down[b] = down
	j.click(b, down)
}

func (j *Injector) click(b uint8, down bool) {
	kind := byte(xproto.ButtonRelease)
	if down {
		kind = xproto.ButtonPress
	}
	j.fake(kind, b)
}

// wheel turns units into clicks of one of two buttons and returns what remains.
func (j *Injector) wheel(units int, negative, positive uint8) int {
	b, clicks := positive, units/notch
	rest := units % notch
	if clicks < 0 {
		b, clicks = negative, -clicks
	}
	if int(b) < len(j.down) && j.down[b] {
		return rest // held as a plain button: it cannot click
	}
	for range min(clicks, maxNotches) {
		j.click(b, true)
		j.click(b, false)
	}
	return rest
}

// fake sends a key or button event.
func (j *Injector) fake(kind, detail byte) {
	xtest.FakeInput(j.conn, kind, detail, 0, xproto.WindowNone, 0, 0, 0)
}

// read notices changes of the keyboard map until the connection ends.
func (j *Injector) read() {
	defer close(j.gone)
	for {
		event, err := j.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if m, ok := event.(xproto.MappingNotifyEvent); ok && m.Request == xproto.MappingKeyboard {
			j.keys.stale.Store(true)
		}
	}
}
