package display

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/jezek/xgb/xfixes"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

func TestMain(m *testing.M) {
	xvnctest.Quiet()
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, name string) *Display {
	t.Helper()
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// until takes changes until want is satisfied.
func until(t testing.TB, d *Display, want func(*Changes) bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case <-d.Changed():
			var c Changes
			if d.Take(&c) && want(&c) {
				return
			}
		case <-deadline:
			t.Fatal("the change never came")
		}
	}
}

func region(r image.Rectangle) *damage.Region {
	var g damage.Region
	g.Add(r)
	return &g
}

func TestDamageAndGrab(t *testing.T) {
	name := xvnctest.Start(t, 801, 603)
	d := open(t, name)
	if d.Size() != image.Pt(801, 603) {
		t.Fatalf("size %v", d.Size())
	}
	until(t, d, func(c *Changes) bool { return c.Resized && c.Cursor && c.Damage.Bounds() == image.Rect(0, 0, 801, 603) })
	p := xvnctest.NewPainter(t, name, 801, 603)
	until(t, d, func(c *Changes) bool { return !c.Damage.Empty() })
	for _, shared := range []bool{true, false} {
		colour := uint32(0x112233)
		if !shared {
			colour = 0xfedcba
		}
		r := image.Rect(700, 500, 801, 603)
		p.Fill(t, r.Min.X, r.Min.Y, r.Dx(), r.Dy(), colour)
		until(t, d, func(c *Changes) bool { return r.In(c.Damage.Bounds()) && !c.First.IsZero() })
		if _, err := d.Grab(region(r)); err != nil {
			t.Fatal(err)
		}
		if !d.memory.shared && shared {
			t.Fatal("no shared memory")
		}
		d.memory.shared = shared
		tiles, err := d.Grab(region(r))
		d.memory.shared = true
		if err != nil || len(tiles) != 1 || tiles[0].Rect != r {
			t.Fatalf("%v, %v", tiles, err)
		}
		want := []byte{byte(colour), byte(colour >> 8), byte(colour >> 16)}
		for i := 0; i < r.Dx()*r.Dy()*4; i += 4 {
			if !bytes.Equal(tiles[0].Pix[i:i+3], want) {
				t.Fatalf("pixel %d is %v, want %v", i/4, tiles[0].Pix[i:i+3], want)
			}
		}
	}
}

func TestResize(t *testing.T) {
	name := xvnctest.Start(t, 1280, 800)
	d := open(t, name)
	whole := func() { // grabbing all of the screen works at every size
		t.Helper()
		if _, err := d.Grab(region(image.Rectangle{Max: d.Size()})); err != nil {
			t.Fatal(err)
		}
	}
	whole()
	for _, want := range []image.Point{{1001, 777}, {3840, 2160}, {640, 480}, {1280, 800}, {999, 999}, {1001, 777}} {
		if err := d.Resize(want); err != nil {
			t.Fatalf("%v: %v", want, err)
		}
		until(t, d, func(c *Changes) bool { return d.Size() == want })
		whole()
	}
	if err := d.Resize(image.Pt(9000, 10)); err != nil {
		t.Fatal(err)
	}
	until(t, d, func(c *Changes) bool { return d.Size() == image.Pt(3840, 480) })
	// What lies beyond the display is an error the caller can tell.
	if _, err := d.Grab(region(image.Rect(0, 0, 3840, 481))); !errors.Is(err, ErrStale) {
		t.Fatalf("beyond the screen: %v", err)
	}
	whole()
}

func TestDamageSurvivesResize(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	d := open(t, name)
	if err := d.Resize(image.Pt(1000, 700)); err != nil {
		t.Fatal(err)
	}
	until(t, d, func(*Changes) bool { return d.Size() == image.Pt(1000, 700) })
	p := xvnctest.NewPainter(t, name, 1000, 700)
	p.Fill(t, 900, 650, 50, 40, 0xff)
	until(t, d, func(c *Changes) bool { return image.Rect(900, 650, 950, 690).In(c.Damage.Bounds()) })
}

func TestServerLost(t *testing.T) {
	name, stop := xvnctest.StartStoppable(t, 640, 480)
	d := open(t, name)
	stop()
	select {
	case <-d.Lost():
	case <-time.After(10 * time.Second):
		t.Fatal("loss went unnoticed")
	}
	if _, err := d.Grab(region(image.Rect(0, 0, 10, 10))); !errors.Is(err, ErrLost) {
		t.Fatalf("grab: %v", err)
	}
}

func TestCursorAndPointer(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	d := open(t, name)
	s, err := d.Cursor()
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeCursor(wire.AppendCursorShape(nil, s))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(got.(*wire.CursorShape).PNG))
	if err != nil || img.Bounds().Dx() != int(s.Width) || img.Bounds().Dy() != int(s.Height) {
		t.Fatalf("%v: %v for %+v", err, img, s)
	}
	if at, err := d.Pointer(); err != nil || !at.In(image.Rect(0, 0, 640, 480)) {
		t.Fatalf("pointer %v: %v", at, err)
	}
}

func TestShape(t *testing.T) {
	pixel := func(w, h int, p func(i int) uint32) *xfixes.GetCursorImageReply {
		r := &xfixes.GetCursorImageReply{Width: uint16(w), Height: uint16(h), Xhot: uint16(w - 1), Yhot: 0, CursorSerial: 7}
		for i := range w * h {
			r.CursorImage = append(r.CursorImage, p(i))
		}
		return r
	}
	// Half transparent red, premultiplied, becomes full red with half alpha.
	s, err := shape(pixel(2, 1, func(int) uint32 { return 0x80800000 }))
	if err != nil || s.Serial != 7 || s.Width != 2 || s.HotX != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	img, err := png.Decode(bytes.NewReader(s.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, a := img.At(0, 0).RGBA(); a>>8 != 0x80 || r>>8 != 0x80 { // RGBA() premultiplies again
		t.Fatalf("red %x alpha %x", r, a)
	}
	if s, err := shape(pixel(3, 3, func(int) uint32 { return 0 })); err != nil || s.Width != 0 || s.PNG != nil {
		t.Fatalf("transparent: %+v, %v", s, err)
	}
	noise := uint32(1)
	s, err = shape(pixel(600, 400, func(int) uint32 { noise = noise*1664525 + 1013904223; return noise | 0xff000000 }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.DecodeCursor(wire.AppendCursorShape(nil, s)); err != nil {
		t.Fatalf("huge: %v", err)
	}
	if _, err := shape(&xfixes.GetCursorImageReply{Width: 9, Height: 9}); err == nil {
		t.Fatal("a cursor without its pixels passed")
	}
}

func BenchmarkGrabPatch(b *testing.B) { benchmarkGrab(b, image.Rect(400, 300, 451, 351)) }
func BenchmarkGrabFull(b *testing.B)  { benchmarkGrab(b, image.Rect(0, 0, 1280, 800)) }

func benchmarkGrab(b *testing.B, r image.Rectangle) {
	d := open(b, xvnctest.Start(b, 1280, 800))
	g := region(r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Grab(g); err != nil {
			b.Fatal(err)
		}
	}
}
