package encode

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

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
	for c, fourcc := range map[codec.Codec]string{codec.VP9Full: "VP90", codec.AV1Full: "AV01"} {
		for _, size := range []image.Point{{352, 288}, {641, 479}, {33, 17}} {
			t.Run(fmt.Sprintf("%v/%v", c, size), func(t *testing.T) { refinesToExact(t, c, fourcc, size) })
		}
	}
}

func refinesToExact(t *testing.T, c codec.Codec, fourcc string, size image.Point) {
	s, p := newScreen(size), pictureOf(t, GBR, size)
	all := image.Rectangle{Max: size}
	e, m := encoderOf(t, c, Options{Size: size, Kbps: 1500}), movietest.New(fourcc, size)
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Duration(0)
	block := func(r image.Rectangle) image.Rectangle {
		n := Block(c)
		return image.Rect(r.Min.X/n*n, r.Min.Y/n*n, (r.Max.X+n-1)/n*n, (r.Max.Y+n-1)/n*n).Intersect(all)
	}
	frame := func(r image.Rectangle, q Quality) {
		at += 16 * time.Millisecond
		m.Add(encode(t, e, p, Request{Changed: []image.Rectangle{block(r)}, At: at, Quality: q}).Data)
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
		t.Fatal("exact in haste")
	}
	for y := 0; y < size.Y; y += 64 {
		frame(image.Rect(0, y, size.X, y+64).Intersect(all), Exact)
	}
	if !e.Exact(p, all) {
		t.Fatal("not exact when refined")
	}
	if n := s.differing(m.Last(t)); n > 0 {
		t.Fatalf("%d pixels differ for a decoder", n)
	}
	corner := image.Rect(0, 0, 16, 16)
	for range 30 {
		paint(corner, noise(random))
	}
	if below := image.Rect(0, Block(c), size.X, size.Y); below.In(all) && !e.Exact(p, below) {
		t.Fatal("motion in the corner changed the rest")
	}
	frame(corner, Exact)
	if n := s.differing(m.Last(t)); n > 0 || !e.Exact(p, all) {
		t.Fatalf("%d pixels differ after motion in the corner", n)
	}
}

// Whatever an encoder of AV1 is asked for in whatever order, it does: libaom
// takes the process with it where it disagrees with itself, so that each way into
// that has to be known. In the end all of it can be exact.
func TestAV1TakesAnyOrder(t *testing.T) {
	for _, c := range []codec.Codec{codec.AV1, codec.AV1Full} {
		rapid.Check(t, func(rt *rapid.T) { anyOrder(rt, c) })
	}
}

func anyOrder(t *rapid.T, c codec.Codec) {
	size := image.Pt(rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 200).Draw(t, "h"))
	all := image.Rectangle{Max: size}
	s, p := newScreen(size), pictureOf(t, FormatOf(c), size)
	e, err := New(c, Options{Size: size, Kbps: 500})
	must(t, err)
	defer e.Close()
	random := rand.New(rand.NewPCG(uint64(size.X), uint64(size.Y)))
	at := time.Duration(0)
	for i := range rapid.IntRange(1, 25).Draw(t, "frames") {
		n := Block(c)
		x, y := rapid.IntRange(0, (size.X-1)/n).Draw(t, "x")*n, rapid.IntRange(0, (size.Y-1)/n).Draw(t, "y")*n
		r := image.Rect(x, y, x+n*rapid.IntRange(1, 3).Draw(t, "across"), y+n).Intersect(all)
		q := Quality(rapid.IntRange(int(Moving), int(Exact)).Draw(t, "quality"))
		switch rapid.IntRange(0, 3).Draw(t, "paint") {
		case 1:
			s.fill(r, noise(random))
		case 2:
			s.fill(r, busy(i*7))
		case 3:
			s.fill(r, plain(random.Uint32()))
		}
		must(t, p.Update(s.pix[4*(r.Min.Y*size.X+r.Min.X):], 4*size.X, r))
		at += time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond
		if rapid.IntRange(0, 9).Draw(t, "new bitrate") == 0 {
			must(t, e.SetBitrate(rapid.IntRange(1, 9000).Draw(t, "kbps")))
		}
		key := rapid.IntRange(0, 11).Draw(t, "key") == 0
		f, err := e.Encode(p, Request{Changed: []image.Rectangle{r}, At: at, Quality: q, Key: key, Bytes: rapid.SampledFrom([]int{0, 100, 2000}).Draw(t, "bytes")})
		must(t, err)
		if len(f.Data) == 0 {
			t.Fatal("an empty frame")
		}
	}
	for y := 0; y < size.Y; y += 64 {
		band := image.Rect(0, y, size.X, y+64).Intersect(all)
		at += 16 * time.Millisecond
		_, err := e.Encode(p, Request{Changed: []image.Rectangle{band}, At: at, Quality: Exact})
		must(t, err)
	}
	if c.Full() && !e.Exact(p, all) {
		t.Fatal("not exact in the end")
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
