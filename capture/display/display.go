// Package display is the agent's eye on an X display: what changed and where
// (DAMAGE), the pixels (MIT-SHM), the size and its changes (RANDR), the
// pointer's shape and place (XFIXES). It speaks the X protocol itself, without
// Xlib.
package display

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/jezek/xgb"
	xdamage "github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/capture/damage"
)

// Errors that callers tell apart.
var (
	// ErrLost: the X server went away.
	ErrLost = errors.New("display: X server lost")
	// ErrFormat: the screen is not 24 bits deep in 32-bit BGRX pixels.
	ErrFormat = errors.New("display: unsupported pixel format")
	// ErrStale: the display changed its size under a Grab; look at Size.
	ErrStale = errors.New("display: size changed")
)

// Display is a connection to an X display. Changed, Take, Size, Resize, Cursor
// and Pointer may be called from several goroutines; Grab,
// SetScale and Scale from one.
type Display struct {
	conn   *xgb.Conn
	root   xproto.Window
	memory memory
	// settings are SetScale's and Scale's.
	settings settings
	gone     chan struct{} // closed when the event reader has ended

	changed chan struct{} // holds a token while there is something to Take
	mu      sync.Mutex
	pending Changes
	size    image.Point
}

// Changes is what happened on the display since the last Take.
type Changes struct {
	// Damage covers all pixels that may have changed.
	Damage damage.Region
	// First and Last are when the first and the last of the damage were heard
	// of; zero without damage.
	First, Last time.Time
	// Resized and Cursor say whether the size or the pointer's shape changed.
	Resized, Cursor bool
}

// Open connects to a display by name (":1"); "" is $DISPLAY. The authority is
// read from $XAUTHORITY.
func Open(name string) (*Display, error) {
	c, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	d := &Display{conn: c, gone: make(chan struct{}), changed: make(chan struct{}, 1)}
	if err := d.start(); err != nil {
		c.Close()
		drain(c)
		return nil, err
	}
	go d.read()
	return d, nil
}

// start checks the screen, subscribes to changes, and asks for a first look at
// everything.
func (d *Display) start() error {
	for _, init := range []func(*xgb.Conn) error{xdamage.Init, xfixes.Init, randr.Init, shm.Init} {
		if err := init(d.conn); err != nil {
			return fmt.Errorf("display: extension: %w", err)
		}
	}
	// The server refuses an extension's requests until it knows the client's version.
	if _, err := xfixes.QueryVersion(d.conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("display: XFIXES: %w", err)
	}
	if _, err := xdamage.QueryVersion(d.conn, 1, 1).Reply(); err != nil {
		return fmt.Errorf("display: DAMAGE: %w", err)
	}
	if _, err := randr.QueryVersion(d.conn, 1, 2).Reply(); err != nil {
		return fmt.Errorf("display: RANDR: %w", err)
	}
	setup := xproto.Setup(d.conn)
	screen := setup.DefaultScreen(d.conn)
	d.root = screen.Root
	if err := checkFormat(setup, screen); err != nil {
		return err
	}
	id, err := xdamage.NewDamageId(d.conn)
	if err != nil {
		return fmt.Errorf("display: %w", err)
	}
	// Raw rectangles: every drawing request is told at once, and nothing has to
	// be acknowledged before the next is.
	if err := xdamage.CreateChecked(d.conn, id, xproto.Drawable(d.root), xdamage.ReportLevelRawRectangles).Check(); err != nil {
		return fmt.Errorf("display: watch damage: %w", err)
	}
	if err := randr.SelectInputChecked(d.conn, d.root, randr.NotifyMaskScreenChange).Check(); err != nil {
		return fmt.Errorf("display: watch size: %w", err)
	}
	if err := xfixes.SelectCursorInputChecked(d.conn, d.root, xfixes.CursorNotifyMaskDisplayCursor).Check(); err != nil {
		return fmt.Errorf("display: watch cursor: %w", err)
	}
	g, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.root)).Reply()
	if err != nil {
		return fmt.Errorf("display: size: %w", err)
	}
	d.resized(int(g.Width), int(g.Height))
	d.pending.Cursor = true
	return d.recall()
}

// checkFormat accepts the one pixel layout the encoder's conversion reads.
func checkFormat(setup *xproto.SetupInfo, screen *xproto.ScreenInfo) error {
	if setup.ImageByteOrder != xproto.ImageOrderLSBFirst || screen.RootDepth != 24 {
		return fmt.Errorf("%w: depth %d, byte order %d", ErrFormat, screen.RootDepth, setup.ImageByteOrder)
	}
	for _, f := range setup.PixmapFormats {
		if f.Depth == 24 && f.BitsPerPixel != 32 {
			return fmt.Errorf("%w: %d bits per pixel", ErrFormat, f.BitsPerPixel)
		}
	}
	for _, depth := range screen.AllowedDepths {
		for _, v := range depth.Visuals {
			if v.VisualId == screen.RootVisual && (v.RedMask != 0xff0000 || v.GreenMask != 0xff00 || v.BlueMask != 0xff) {
				return fmt.Errorf("%w: masks %#x %#x %#x", ErrFormat, v.RedMask, v.GreenMask, v.BlueMask)
			}
		}
	}
	return nil
}

// Close ends the connection and waits for its reader.
func (d *Display) Close() {
	d.memory.release(d.conn)
	d.conn.Close()
	<-d.gone
}

// Lost is closed when the connection has ended, by Close or by the server.
func (d *Display) Lost() <-chan struct{} { return d.gone }

// Size is the display's size in pixels.
func (d *Display) Size() image.Point {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.size
}

// Changed yields when there is something to Take.
func (d *Display) Changed() <-chan struct{} { return d.changed }

// Take moves what has changed into c, and says whether that is anything.
func (d *Display) Take(c *Changes) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	*c = d.pending
	d.pending = Changes{}
	return c.Resized || c.Cursor || !c.Damage.Empty()
}

// read turns X events into pending changes until the connection ends.
func (d *Display) read() {
	defer close(d.gone)
	for {
		event, err := d.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		// An error here answers a request nobody waits for, such as freeing
		// what a resize took away already: nothing to be done.
		switch e := event.(type) {
		case xdamage.NotifyEvent:
			d.damaged(e.Area)
		case randr.ScreenChangeNotifyEvent:
			d.resized(int(e.Width), int(e.Height))
		case xfixes.CursorNotifyEvent:
			d.mu.Lock()
			d.pending.Cursor = true
			d.mu.Unlock()
		default:
			continue
		}
		select {
		case d.changed <- struct{}{}:
		default:
		}
	}
}

func (d *Display) damaged(a xproto.Rectangle) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := image.Rect(int(a.X), int(a.Y), int(a.X)+int(a.Width), int(a.Y)+int(a.Height))
	r = r.Intersect(image.Rectangle{Max: d.size})
	if r.Empty() {
		return
	}
	d.pending.Last = time.Now()
	if d.pending.First.IsZero() {
		d.pending.First = d.pending.Last
	}
	d.pending.Damage.Add(r)
}

func (d *Display) resized(width, height int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.size = image.Pt(width, height)
	d.pending.Resized = true
	d.pending.Damage.Clear()
	d.pending.Damage.Add(image.Rectangle{Max: d.size})
	d.pending.First = time.Now()
	d.pending.Last = d.pending.First
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// drain waits until nothing of a closing connection runs.
func drain(c *xgb.Conn) {
	for {
		if e, err := c.WaitForEvent(); e == nil && err == nil {
			return
		}
	}
}
