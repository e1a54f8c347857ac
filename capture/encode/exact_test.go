package encode

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/internal/movietest"
)

// differing counts pixels whose colour differs.
func (s *screen) differing(pix []byte) int {
	n := 0
	for i := 0; i < len(pix); i += 4 {
		if pix[i] != s.pix[i] || pix[i+1] != s.pix[i+1] || pix[i+2] != s.pix[i+2] {
			n++
		}
	}
	return n
}

// noise is the worst that a screen can show.
func noise(r *rand.Rand) func(x, y int) uint32 {
	return func(int, int) uint32 { return r.Uint32() & 0xffffff }
}

// After motion, refining piece by piece ends in the very pixels of the screen,
// as an independent decoder sees them, and motion elsewhere leaves them alone.
func TestRefinementEndsExact(t *testing.T) {
	for _, size := range []image.Point{{352, 288}, {641, 479}, {33, 17}} {
		s, p := newScreen(size), pictureOf(t, GBR, size)
		all := image.Rectangle{Max: size}
		e, m := encoderOf(t, codec.VP9Full, Options{Size: size, Kbps: 1500}), movietest.New("VP90", size)
		random := rand.New(rand.NewPCG(1, 2))
		at := time.Duration(0)
		frame := func(r image.Rectangle, q Quality) {
			at += 16 * time.Millisecond
			m.Add(encode(t, e, p, Request{Changed: []image.Rectangle{r}, At: at, Quality: q}).Data)
		}
		paint := func(r image.Rectangle, colour func(x, y int) uint32) {
			s.fill(r, colour)
			s.copyTo(t, p, r)
			frame(r, Moving)
		}
		paint(all, busy(1))
		paint(image.Rect(0, 0, 64, 64).Intersect(all), noise(random))
		paint(image.Rect(32, 96, 256, 160).Intersect(all).Union(image.Rect(0, 0, 16, 16)), busy(7))
		if e.Exact(p, all) {
			t.Fatalf("%v: exact in haste", size)
		}
		for y := 0; y < size.Y; y += 64 {
			frame(image.Rect(0, y, size.X, y+64).Intersect(all), Exact)
		}
		if !e.Exact(p, all) {
			t.Fatalf("%v: not exact when refined", size)
		}
		if n := s.differing(m.Last(t)); n > 0 {
			t.Fatalf("%v: %d pixels differ for a decoder", size, n)
		}
		corner := image.Rect(0, 0, 16, 16)
		for range 30 {
			paint(corner, noise(random))
		}
		if below := image.Rect(0, 16, size.X, size.Y); !e.Exact(p, below) {
			t.Fatalf("%v: motion in the corner changed the rest", size)
		}
		frame(corner, Exact)
		if n := s.differing(m.Last(t)); n > 0 || !e.Exact(p, all) {
			t.Fatalf("%v: %d pixels differ after motion in the corner", size, n)
		}
	}
}

// The bitstream says what its colours mean (VP9 bitstream specification, 6.2 and
// 7.2): profile 1, sRGB, no subsampling.
func TestColoursAreDeclared(t *testing.T) {
	size := image.Pt(64, 64)
	for c, want := range map[codec.Codec][]byte{
		// Marker, profile, not shown before, key frame, shown, no resilience; sync code; colour.
		codec.VP9Full: {0b10_10_0_0_1_0, 0x49, 0x83, 0x42, 0b111_0_0000},
		codec.VP9:     {0b10_00_0_0_1_0, 0x49, 0x83, 0x42, 0b001_0_0000},
	} {
		p := pictureOf(t, FormatOf(c), size)
		f := encode(t, encoderOf(t, c, Options{Size: size, Kbps: 500}), p, Request{Changed: []image.Rectangle{{Max: size}}})
		got := append([]byte(nil), f.Data[:5]...)
		got[4] &= 0xf0
		if !bytes.Equal(got, want) {
			t.Errorf("%v: %08b, want %08b", c, got, want)
		}
	}
}
