package encode

import (
	"image"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
)

func encoder(t testing.TB, o Options) *steered { return encoderOf(t, codec.VP8, o) }

func encoderOf(t testing.TB, c codec.Codec, o Options) *steered {
	t.Helper()
	e, err := newSteered(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func encode(t testing.TB, e Encoder, p *Picture, r Request) Frame {
	t.Helper()
	f, err := e.Encode(p, r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// dimensions reads the size from a keyframe's header (RFC 6386, section 9.1).
func dimensions(t *testing.T, f []byte) image.Point {
	t.Helper()
	if len(f) < 10 || f[0]&1 != 0 || f[3] != 0x9d || f[4] != 0x01 || f[5] != 0x2a {
		t.Fatalf("no keyframe: % x", f[:min(len(f), 10)])
	}
	return image.Pt(int(f[6])|int(f[7]&0x3f)<<8, int(f[8])|int(f[9]&0x3f)<<8)
}

func TestKeyframesOnRequestOnly(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {17, 33}, {641, 481}, {1280, 800}} {
		for _, c := range []codec.Codec{codec.VP8, codec.AV1, codec.AV1Full} {
			keyframesOnRequestOnly(t, c, size)
		}
	}
}

func keyframesOnRequestOnly(t *testing.T, c codec.Codec, size image.Point) {
	s, p := newScreen(size), pictureOf(t, FormatOf(c), size)
	all := image.Rectangle{Max: size}
	e := encoderOf(t, c, Options{Size: size, Kbps: 2000})
	for i := range 12 {
		s.fill(all, busy(i*i*99)) // a change of scene each time
		s.copyTo(t, p, all)
		want := i == 0 || i == 7
		f := encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: time.Duration(i) * 33 * time.Millisecond, Key: i == 7})
		if f.Key != want || len(f.Data) == 0 {
			t.Fatalf("%v, %v: frame %d: key %v, %d bytes", c, size, i, f.Key, len(f.Data))
		}
		if want && c == codec.VP8 && dimensions(t, f.Data) != size {
			t.Fatalf("keyframe of %v, want %v", dimensions(t, f.Data), size)
		}
	}
}

// Only what is said to have changed is encoded, and that is.
func TestActiveMap(t *testing.T) {
	size := image.Pt(640, 480)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	s.fill(all, plain(0x808080))
	s.copyTo(t, p, all)
	e := encoder(t, Options{Size: size, Kbps: 4000})
	encode(t, e, p, Request{Changed: []image.Rectangle{all}})
	flat := e.library.distance(p)

	told, untold := image.Rect(64, 64, 128, 128), image.Rect(320, 320, 384, 384)
	s.fill(told, plain(0xffffff))
	s.fill(untold, plain(0xffffff))
	s.copyTo(t, p, all)
	encode(t, e, p, Request{Changed: []image.Rectangle{told}, At: 20 * time.Millisecond})
	one := e.library.distance(p)
	encode(t, e, p, Request{Changed: []image.Rectangle{untold}, At: 40 * time.Millisecond})
	both := e.library.distance(p)
	// A white patch that is missing costs about (235-126)² over 64x64 of 640x480.
	if one < 100 || one > 200 {
		t.Fatalf("error %.1f with one patch told: want the other one's", one)
	}
	if both > flat+5 {
		t.Fatalf("error %.1f with both patches told, %.1f before", both, flat)
	}
}

func TestRefineSharpens(t *testing.T) {
	size := image.Pt(640, 480)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	e := encoder(t, Options{Size: size, Kbps: 300})
	for i := range 10 {
		s.fill(all, busy(i))
		s.copyTo(t, p, all)
		encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: time.Duration(i) * 16 * time.Millisecond})
	}
	before := e.library.distance(p)
	f := encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: time.Second, Quality: Fine})
	after := e.library.distance(p)
	if after > before/4 || f.Quantizer > int(coarse[Fine].worst) {
		t.Fatalf("error %.1f before, %.1f after at quantizer %d", before, after, f.Quantizer)
	}
	f = encode(t, e, p, Request{Changed: []image.Rectangle{image.Rect(0, 0, 32, 32)}, At: 2 * time.Second})
	if f.Key {
		t.Fatal("a keyframe nobody asked for")
	}
}

// The encoder keeps to its bitrate while all of the picture moves, and follows
// when it is changed; a pause is no budget.
func TestBitrate(t *testing.T) {
	for _, c := range []codec.Codec{codec.VP8, codec.AV1} {
		t.Run(c.String(), func(t *testing.T) { keepsToBitrate(t, c) })
	}
}

func keepsToBitrate(t *testing.T, c codec.Codec) {
	size := image.Pt(320, 240)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	e := encoderOf(t, c, Options{Size: size, Kbps: 1500})
	at := time.Duration(0)
	run := func(seconds int) (kbps int) {
		bytes := 0
		for range seconds * 30 {
			at += time.Second / 30
			s.fill(all, busy(int(at/time.Millisecond)/60))
			s.copyTo(t, p, all)
			bytes += len(encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: at}).Data)
		}
		return bytes * 8 / 1000 / seconds
	}
	run(2)
	if got := run(3); got < 500 || got > 2000 {
		t.Fatalf("%d kb/s, want about 1500", got)
	}
	must(t, e.SetBitrate(500))
	run(2)
	if got := run(3); got > 750 {
		t.Fatalf("%d kb/s, want about 500", got)
	}
	at += time.Minute
	if got := run(1); got > 1500 {
		t.Fatalf("%d kb/s after a pause, want about 500", got)
	}
}

func TestWrongPicture(t *testing.T) {
	e := encoder(t, Options{Size: image.Pt(64, 64), Kbps: 100})
	if _, err := e.Encode(picture(t, image.Pt(64, 65)), Request{}); err == nil {
		t.Fatal("a picture of another size passed")
	}
}

func TestManyRectanglesAreJoined(t *testing.T) {
	var to rects
	changed := make([]image.Rectangle, maxRects+5)
	for i := range changed {
		changed[i] = image.Rect(i*10, i, i*10+5, i+5)
	}
	if n := to.set(changed); n != maxRects {
		t.Fatal(n)
	}
	if last := to[len(to)-4:]; last[0] != 150 || last[1] != 15 || last[2] != 205 || last[3] != 25 {
		t.Fatalf("last %v", last)
	}
}

func TestAllocations(t *testing.T) {
	size := image.Pt(320, 240)
	s, p := newScreen(size), picture(t, size)
	e := encoder(t, Options{Size: size, Kbps: 1000})
	changed := []image.Rectangle{image.Rect(0, 0, 64, 64)}
	at := time.Duration(0)
	if n := testing.AllocsPerRun(50, func() {
		at += 16 * time.Millisecond
		s.copyTo(t, p, changed[0])
		encode(t, e, p, Request{Changed: changed, At: at})
	}); n != 0 {
		t.Fatalf("%v allocations per frame", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []codec.Codec{codec.VP8, codec.VP9, codec.VP9Full, codec.AV1, codec.AV1Full, codec.H264} {
		for _, of := range []struct {
			name    string
			changed image.Rectangle
			request Request
		}{
			{"patch", image.Rect(384, 288, 448, 352), Request{}},
			{"all", image.Rect(0, 0, 1280, 800), Request{}},
			{"key", image.Rect(0, 0, 1280, 800), Request{Key: true}},
			{"exact-patch", image.Rect(384, 288, 448, 352), Request{Quality: Exact}},
		} {
			b.Run(c.String()+"/"+of.name, func(b *testing.B) { benchmarkEncode(b, c, of.changed, of.request) })
		}
	}
}

func benchmarkEncode(b *testing.B, c codec.Codec, r image.Rectangle, request Request) {
	size := image.Pt(1280, 800)
	s, p := newScreen(size), pictureOf(b, FormatOf(c), size)
	all := image.Rectangle{Max: size}
	s.fill(all, busy(0))
	s.copyTo(b, p, all)
	e, err := New(c, Options{Size: size, Kbps: 4000})
	must(b, err)
	defer e.Close()
	bytes, frames := 0, 0
	encode(b, e, p, Request{Changed: []image.Rectangle{all}})
	request.Changed = []image.Rectangle{r}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		request.At += 16 * time.Millisecond
		s.fill(r, busy(frames))
		s.copyTo(b, p, r)
		b.StartTimer()
		bytes += len(encode(b, e, p, request).Data)
		frames++
	}
	b.ReportMetric(float64(bytes)/float64(frames), "B/frame")
	if e, ok := e.(*steered); ok {
		b.ReportMetric(e.library.distance(p), "mse")
	}
}
