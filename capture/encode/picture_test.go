package encode

import (
	"errors"
	"image"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/capture/codec"
)

// screen is a made-up display of BGRX pixels.
type screen struct {
	size image.Point
	pix  []byte
}

func newScreen(size image.Point) *screen { return &screen{size, make([]byte, size.X*size.Y*4)} }

func (s *screen) fill(r image.Rectangle, colour func(x, y int) uint32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c, i := colour(x, y), 4*(y*s.size.X+x)
			s.pix[i], s.pix[i+1], s.pix[i+2] = byte(c), byte(c>>8), byte(c>>16)
		}
	}
}

func plain(c uint32) func(int, int) uint32 { return func(int, int) uint32 { return c } }

// busy is a pattern with edges and gradients, like a desktop's.
func busy(seed int) func(x, y int) uint32 {
	return func(x, y int) uint32 {
		v := uint32((x/7+seed)*31 ^ (y/5)*17)
		return v&0xff | (v*3&0xff)<<8 | uint32(x+y+seed)&0xff<<16
	}
}

// copyTo converts a rectangle of the screen into a picture.
func (s *screen) copyTo(t testing.TB, p *Picture, r image.Rectangle) {
	t.Helper()
	if err := p.Update(s.pix[4*(r.Min.Y*s.size.X+r.Min.X):], 4*s.size.X, r); err != nil {
		t.Fatal(err)
	}
}

func picture(t interface {
	Fatal(...any)
	Cleanup(func())
}, size image.Point) *Picture {
	return pictureOf(t, I420, size)
}

func pictureOf(t interface {
	Fatal(...any)
	Cleanup(func())
}, f Format, size image.Point) *Picture {
	p, err := NewPicture(f, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// planes are the visible bytes of the three planes.
func planes(p *Picture) []byte {
	var out []byte
	size := p.Size()
	rows := func(base unsafe.Pointer, stride, w, h int) {
		for y := range h {
			out = append(out, unsafe.Slice((*byte)(unsafe.Add(base, y*stride)), w)...)
		}
	}
	half := HalfSize(size)
	if p.Format() == GBR {
		half = size
	}
	rows(unsafe.Pointer(p.c.plane[0]), int(p.c.stride[0]), size.X, size.Y)
	rows(unsafe.Pointer(p.c.plane[1]), int(p.c.stride[1]), half.X, half.Y)
	rows(unsafe.Pointer(p.c.plane[2]), int(p.c.stride[1]), half.X, half.Y)
	return out
}

func TestColours(t *testing.T) {
	for _, c := range []struct {
		rgb     uint32
		y, u, v float64 // BT.601, limited range
	}{{0x000000, 16, 128, 128}, {0xffffff, 235, 128, 128}, {0xff0000, 81, 90, 240}, {0x00ff00, 145, 54, 34}, {0x0000ff, 41, 240, 110}} {
		size := image.Pt(5, 3)
		s, p := newScreen(size), picture(t, size)
		s.fill(image.Rectangle{Max: size}, plain(c.rgb))
		s.copyTo(t, p, image.Rectangle{Max: size})
		got := planes(p)
		for i, want := range []float64{c.y, c.u, c.v} {
			at := []int{0, 15, 21}[i]
			if math.Abs(float64(got[at])-want) > 2 {
				t.Errorf("%06x: plane %d is %d, want %v", c.rgb, i, got[at], want)
			}
		}
	}
}

// Updating what changed gives the very picture that converting all of it does,
// full and half, at any size.
func TestPartialEqualsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		format := rapid.SampledFrom([]Format{I420, GBR}).Draw(rt, "format")
		picture := func(t *rapid.T, size image.Point) *Picture { return pictureOf(t, format, size) }
		size := image.Pt(rapid.IntRange(1, 150).Draw(rt, "w"), rapid.IntRange(1, 150).Draw(rt, "h"))
		all := image.Rectangle{Max: size}
		s := newScreen(size)
		s.fill(all, busy(1))
		part, partHalf := picture(rt, size), picture(rt, HalfSize(size))
		s.copyTo(t, part, all)
		must(rt, partHalf.Halve(part, all))
		for i := range rapid.IntRange(1, 4).Draw(rt, "updates") {
			x, y := rapid.IntRange(0, (size.X-1)/Grid).Draw(rt, "x")*Grid, rapid.IntRange(0, (size.Y-1)/Grid).Draw(rt, "y")*Grid
			r := image.Rect(x, y, x+Grid, y+Grid).Intersect(all)
			s.fill(r, busy(i+50))
			s.copyTo(t, part, r)
			must(rt, partHalf.Halve(part, r))
		}
		whole, wholeHalf := picture(rt, size), picture(rt, HalfSize(size))
		s.copyTo(t, whole, all)
		must(rt, wholeHalf.Halve(whole, all))
		if string(planes(part)) != string(planes(whole)) {
			rt.Fatal("the full picture differs")
		}
		if string(planes(partHalf)) != string(planes(wholeHalf)) {
			rt.Fatal("the half picture differs")
		}
	})
}

func must(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func TestBadRectangles(t *testing.T) {
	p, h := picture(t, image.Pt(101, 77)), picture(t, image.Pt(51, 39))
	pix := make([]byte, 101*77*4)
	for _, r := range []image.Rectangle{
		{}, image.Rect(1, 0, 20, 20), image.Rect(0, 3, 20, 20), image.Rect(0, 0, 21, 20),
		image.Rect(0, 0, 102, 20), image.Rect(-2, 0, 20, 20), image.Rect(0, 0, 20, 79),
	} {
		if err := p.Update(pix, 404, r); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", r, err)
		}
		if err := h.Halve(p, r); !errors.Is(err, ErrSize) {
			t.Errorf("half %v: %v", r, err)
		}
	}
	if err := p.Update(pix[:1000], 404, image.Rect(0, 0, 101, 77)); !errors.Is(err, ErrSize) {
		t.Errorf("short: %v", err)
	}
	if err := h.Halve(h, image.Rect(0, 0, 51, 39)); !errors.Is(err, ErrSize) {
		t.Errorf("not half: %v", err)
	}
	for _, size := range []image.Point{{}, {-1, 5}, {MaxSide + 1, 5}} {
		if _, err := NewPicture(I420, size); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", size, err)
		}
		if _, err := New(codec.VP8, Options{Size: size}); !errors.Is(err, ErrSize) {
			t.Errorf("encoder %v: %v", size, err)
		}
	}
}

func BenchmarkConvertPatch(b *testing.B) { benchmarkConvert(b, image.Rect(384, 288, 448, 352)) }
func BenchmarkConvertFull(b *testing.B)  { benchmarkConvert(b, image.Rect(0, 0, 1280, 800)) }

func benchmarkConvert(b *testing.B, r image.Rectangle) {
	size := image.Pt(1280, 800)
	s, p, h := newScreen(size), picture(b, size), picture(b, HalfSize(size))
	b.ReportAllocs()
	for b.Loop() {
		s.copyTo(b, p, r)
		must(b, h.Halve(p, r))
	}
}
