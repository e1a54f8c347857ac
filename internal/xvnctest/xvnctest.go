// Package xvnctest gives tests a real X server of their own, and a client that
// draws on it.
package xvnctest

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Start runs Xvnc with a screen of width x height pixels on a free display
// until the test ends, and returns the display's name.
func Start(t testing.TB, width, height int) string {
	t.Helper()
	name, stop := start(t, width, height)
	t.Cleanup(stop)
	return name
}

// StartStoppable is Start for tests that lose the server; stop kills it.
func StartStoppable(t testing.TB, width, height int) (name string, stop func()) {
	t.Helper()
	name, stop = start(t, width, height)
	t.Cleanup(stop)
	return name, stop
}

func start(t testing.TB, width, height int) (string, func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dir := t.TempDir()
	// Named on its command line, as a session's is, for programs that look there.
	authority := filepath.Join(dir, "authority")
	if err := os.WriteFile(authority, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvnc", "-displayfd", "3", "-geometry", fmt.Sprintf("%dx%d", width, height),
		"-depth", "24", "-ac", "-auth", authority, "-SecurityTypes", "None", "-nolisten", "tcp", "-noreset",
		"-rfbunixpath", filepath.Join(dir, "rfb"), "-AlwaysShared", "-br")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		w.Close()
		t.Fatalf("start Xvnc: %v", err)
	}
	w.Close()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		stop()
		t.Fatalf("Xvnc did not say its display: %v", err)
	}
	return ":" + strings.TrimSpace(line), stop
}

// Quiet silences the X client library, which reports closed connections and
// absent authority files to standard error. Call it from TestMain.
func Quiet() { xgb.Logger = log.New(io.Discard, "", 0) }

// Painter is an X client with one mapped window that covers the screen.
type Painter struct {
	Conn   *xgb.Conn
	Window xproto.Window
	gc     xproto.Gcontext
	gone   chan struct{}
	// Events are the keys and buttons the window gets.
	Events chan xgb.Event
}

// NewPainter opens a window of width x height pixels at the top left of the
// display, with the input focus, and closes it when the test ends.
func NewPainter(t testing.TB, display string, width, height int) *Painter {
	t.Helper()
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(c).DefaultScreen(c)
	p := &Painter{Conn: c, gone: make(chan struct{}), Events: make(chan xgb.Event, 4096)}
	go p.read()
	t.Cleanup(func() {
		c.Close()
		<-p.gone
	})
	if p.Window, err = xproto.NewWindowId(c); err != nil {
		t.Fatal(err)
	}
	if p.gc, err = xproto.NewGcontextId(c); err != nil {
		t.Fatal(err)
	}
	mask := uint32(xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskButtonPress |
		xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion | xproto.EventMaskStructureNotify)
	check(t, xproto.CreateWindowChecked(c, screen.RootDepth, p.Window, screen.Root, 0, 0, uint16(width), uint16(height), 0,
		xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{0xffffff, 1, mask}).Check())
	check(t, xproto.CreateGCChecked(c, p.gc, xproto.Drawable(p.Window), xproto.GcForeground, []uint32{0}).Check())
	check(t, xproto.MapWindowChecked(c, p.Window).Check())
	for e := range p.Events {
		if _, ok := e.(xproto.MapNotifyEvent); ok {
			break
		}
	}
	check(t, xproto.SetInputFocusChecked(c, xproto.InputFocusPointerRoot, p.Window, xproto.TimeCurrentTime).Check())
	return p
}

// Fill paints a rectangle in a colour 0xRRGGBB and waits until it is painted.
func (p *Painter) Fill(t testing.TB, x, y, width, height int, colour uint32) {
	t.Helper()
	xproto.ChangeGC(p.Conn, p.gc, xproto.GcForeground, []uint32{colour})
	check(t, xproto.PolyFillRectangleChecked(p.Conn, xproto.Drawable(p.Window), p.gc,
		[]xproto.Rectangle{{X: int16(x), Y: int16(y), Width: uint16(width), Height: uint16(height)}}).Check())
}

// Noise paints a rectangle with a pattern that no encoder finds easy; seed
// varies it.
func (p *Painter) Noise(t testing.TB, x, y, width, height int, seed uint32) {
	t.Helper()
	pixels := make([]byte, width*height*4)
	for i := range pixels {
		seed = seed*1664525 + 1013904223
		pixels[i] = byte(seed >> 24)
	}
	rows := max(1, 200_000/(width*4)) // requests are limited to 256 KiB
	for top := 0; top < height; top += rows {
		n := min(rows, height-top)
		check(t, xproto.PutImageChecked(p.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(p.Window), p.gc, uint16(width), uint16(n),
			int16(x), int16(y+top), 0, 24, pixels[top*width*4:(top+n)*width*4]).Check())
	}
}

func (p *Painter) read() {
	defer close(p.gone)
	for {
		e, err := p.Conn.WaitForEvent()
		if e == nil && err == nil {
			return
		}
		if e != nil {
			select {
			case p.Events <- e:
			default:
			}
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
