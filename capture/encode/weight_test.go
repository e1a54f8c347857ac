package encode

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
)

// grain is like a photograph: waves of grey, and a little noise.
func grain(seed int) func(x, y int) uint32 {
	r := rand.New(rand.NewPCG(1, uint64(seed)))
	return func(x, y int) uint32 {
		v := uint32(128 + 80*math.Sin(float64(x+9*seed)/60+math.Sin(float64(y)/45)) + 6*r.NormFloat64())
		return v<<16 | v<<8 | v
	}
}

// A stroke's next bit, again and again, and then a great change at once: where
// the line is thin that frame is coarse, and takes about what it may.
func TestAGreatChangeKeepsToItsBytes(t *testing.T) {
	for _, c := range []codec.Codec{codec.VP8, codec.VP9, codec.VP9Full} {
		size := image.Pt(640, 400)
		s, p := newScreen(size), pictureOf(t, FormatOf(c), size)
		all := image.Rectangle{Max: size}
		paint := func(e *steered, r image.Rectangle, seed int, at time.Duration, bytes int) int {
			s.fill(r, grain(seed))
			s.copyTo(t, p, r)
			return len(encode(t, e, p, Request{Changed: []image.Rectangle{r}, At: at, Bytes: bytes}).Data)
		}
		for _, allowed := range []int{0, 2500} {
			e := encoderOf(t, c, Options{Size: size, Kbps: 300})
			paint(e, all, 0, 0, 0)
			at := time.Duration(0)
			for i := range 60 {
				at += 40 * time.Millisecond
				paint(e, image.Rect(8*i, 0, 8*i+32, 32), i, at, allowed)
			}
			large := image.Rect(0, 0, 640, 200)
			took := paint(e, large, 99, at+40*time.Millisecond, allowed)
			t.Logf("%v: %d bytes allowed, %d taken", c, allowed, took)
			if allowed > 0 && took > 2*allowed {
				t.Errorf("%v: %d bytes, %d allowed", c, took, allowed)
			}
		}
	}
}

func TestKeyframeKeepsToItsBytes(t *testing.T) {
	size := image.Pt(640, 400)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	s.fill(all, grain(3))
	s.copyTo(t, p, all)
	key := func(bytes int) int {
		return len(encode(t, encoder(t, Options{Size: size, Kbps: 800}), p, Request{Changed: []image.Rectangle{all}, Key: true, Bytes: bytes}).Data)
	}
	free, kept := key(0), key(8<<10)
	if kept > 8<<10 || free <= kept {
		t.Errorf("%d bytes, %d when 8 KiB are allowed", free, kept)
	}
}

func TestWeight(t *testing.T) {
	var w weight
	if q := w.quantizer(8<<10, 256_000); q < 50 {
		t.Errorf("%d for a keyframe of an unknown picture, want a coarse one", q)
	}
	w.learn(header+1000, 10_000, 24) // 4,000 bytes at the best
	for _, c := range []struct{ bytes, pixels, want int }{
		{header + 1000, 10_000, 24}, {header + 4000, 10_000, 0}, {header + 8000, 10_000, 0}, {header + 1000, 40_000, 48}, {0, 0, 0},
	} {
		if got := w.quantizer(c.bytes, c.pixels); got != c.want {
			t.Errorf("%d for %d pixels in %d bytes, want %d", got, c.pixels, c.bytes, c.want)
		}
	}
	w.learn(100_000, smallest-1, 0) // too little to tell
	w.learn(header+250, 10_000, 24)
	if q := w.quantizer(header+1000, 10_000); q < 20 || q > 24 {
		t.Errorf("%d after one light frame, want nearly what it was", q)
	}
	w.learn(header+4000, 10_000, 24)
	if q := w.quantizer(header+1000, 10_000); q != 48 {
		t.Errorf("%d after a heavy frame, want 48 at once", q)
	}
}
