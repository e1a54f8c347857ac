package target

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/xvnctest"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// xgb prints every connection that ends, which is what these tests are about.
	xgb.Logger.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}

// display starts a private X server and returns its name and a connection to it.
func display(t *testing.T) (string, *xgb.Conn) {
	t.Helper()
	name := xvnctest.Start(t, 640, 480)
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := xtest.Init(conn); err != nil {
		t.Fatal(err)
	}
	if err := randr.Init(conn); err != nil {
		t.Fatal(err)
	}
	return name, conn
}

// run opens a target and answers its events until the test ends.
func run(t *testing.T, opts Options) *Target {
	t.Helper()
	tg, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tg.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return tg
}

// pixel reads a pixel of the display as 0xRRGGBB.
func pixel(t *testing.T, conn *xgb.Conn, x, y int) uint32 {
	t.Helper()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	got, err := xproto.GetImage(conn, xproto.ImageFormatZPixmap, xproto.Drawable(root), int16(x), int16(y), 1, 1, ^uint32(0)).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got.Data[2])<<16 | uint32(got.Data[1])<<8 | uint32(got.Data[0])
}

func waitPixel(t *testing.T, conn *xgb.Conn, x, y int, want uint32) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for got := pixel(t, conn, x, y); got != want; got = pixel(t, conn, x, y) {
		if time.Now().After(deadline) {
			t.Fatalf("pixel %d,%d is %06x, want %06x", x, y, got, want)
		}
	}
}

func click(t *testing.T, conn *xgb.Conn, x, y int16) {
	t.Helper()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	for _, e := range []struct{ kind, detail byte }{{xproto.MotionNotify, 0}, {xproto.ButtonPress, 1}, {xproto.ButtonRelease, 1}} {
		if err := xtest.FakeInputChecked(conn, e.kind, e.detail, 0, root, x, y, 0).Check(); err != nil {
			t.Fatal(err)
		}
	}
}

const black, white = 0x000000, 0xffffff

func TestClickTogglesTheWholeDisplay(t *testing.T) {
	name, conn := display(t)
	tg := run(t, Options{Display: name})
	if w, h := tg.Size(); w != 640 || h != 480 {
		t.Errorf("size %dx%d", w, h)
	}
	for i, want := range []uint32{white, black, white, black} {
		click(t, conn, int16(20+i*100), 300)
		for _, p := range [][2]int{{0, 0}, {639, 479}, {320, 240}} {
			waitPixel(t, conn, p[0], p[1], want)
		}
	}
}

func TestRectangleLeavesTheRestAlone(t *testing.T) {
	name, conn := display(t)
	run(t, Options{Display: name, Width: 200, Height: 100})
	waitPixel(t, conn, 1, 1, black)
	click(t, conn, 5, 5)
	waitPixel(t, conn, 320, 240, white)
	waitPixel(t, conn, 221, 191, white)
	if got := pixel(t, conn, 219, 240); got != black {
		t.Errorf("outside the rectangle: %06x", got)
	}
}

func TestPatternHasDetailAndAMark(t *testing.T) {
	name, conn := display(t)
	run(t, Options{Display: name, Pattern: true})
	click(t, conn, 5, 5)
	waitPixel(t, conn, 320, 240, white)
	seen := make(map[uint32]int)
	for x := range 200 {
		seen[pixel(t, conn, 90+x, (480-detailHeight)/2+10)]++
	}
	if len(seen) < 2 {
		t.Errorf("no detail: %v", seen)
	}
	click(t, conn, 5, 5)
	waitPixel(t, conn, 320, 240, black)
}

func TestWindowComesBackOnTop(t *testing.T) {
	name, conn := display(t)
	run(t, Options{Display: name})
	click(t, conn, 5, 5)
	waitPixel(t, conn, 50, 50, white)
	screen := xproto.Setup(conn).DefaultScreen(conn)
	other, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateWindowChecked(conn, screen.RootDepth, other, screen.Root, 0, 0, 100, 100, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{screen.BlackPixel, 1}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(conn, other).Check(); err != nil {
		t.Fatal(err)
	}
	waitPixel(t, conn, 50, 50, white)
	click(t, conn, 50, 50)
	waitPixel(t, conn, 50, 50, black)
}

func TestFollowsTheDisplaysSize(t *testing.T) {
	name, conn := display(t)
	run(t, Options{Display: name})
	click(t, conn, 5, 5)
	waitPixel(t, conn, 639, 479, white)
	resize(t, conn, 800, 600)
	waitPixel(t, conn, 799, 599, white)
	click(t, conn, 790, 590)
	waitPixel(t, conn, 799, 599, black)
}

// resize gives the display another size; the X server answers every watcher of
// the root window.
func resize(t *testing.T, conn *xgb.Conn, width, height uint16) {
	t.Helper()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	if err := randr.SetScreenSizeChecked(conn, root, width, height, uint32(width)/4, uint32(height)/4).Check(); err != nil {
		t.Fatal(err)
	}
}

func TestDisplayThatIsNotThere(t *testing.T) {
	if _, err := Open(Options{Display: ":64321"}); err == nil {
		t.Fatal("opened")
	}
}

func TestRunEndsWithTheDisplay(t *testing.T) {
	name, conn := display(t)
	tg, err := Open(Options{Display: name})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- tg.Run(context.Background()) }()
	if err := xproto.KillClientChecked(conn, uint32(tg.window)).Check(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("no error although the connection is gone")
	}
}

func TestCentred(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want string
	}{{0, 0, "0,0 640x480"}, {200, 100, "220,190 200x100"}, {9999, 100, "0,190 640x100"}} {
		r := centred(640, 480, c.w, c.h)
		if got := fmt.Sprintf("%d,%d %dx%d", r.X, r.Y, r.Width, r.Height); got != c.want {
			t.Errorf("%dx%d: %s, want %s", c.w, c.h, got, c.want)
		}
	}
}
