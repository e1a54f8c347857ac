package encode

import (
	"bytes"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/internal/movietest"
)

// x264 is the maker that Debian's libavcodec has, whatever else a machine has.
func x264() maker {
	return makers[slices.IndexFunc(makers, func(m maker) bool { return m.name == "libx264" })]
}

func h264Of(t testing.TB, m maker, o Options) *h264 {
	t.Helper()
	e, err := newH264By(m, o)
	must(t, err)
	t.Cleanup(e.Close)
	return e
}

// units counts NAL units by type (ITU-T H.264, table 7-1).
func units(frame []byte) map[byte]int {
	n := make(map[byte]int)
	for _, u := range bytes.Split(frame, []byte{0, 0, 1})[1:] {
		n[u[0]&0x1f]++
	}
	return n
}

// distance is the mean squared error of what a decoder shows within a rectangle.
func (s *screen) distance(pix []byte, r image.Rectangle) float64 {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			for i := 4 * (y*s.size.X + x); i%4 < 3; i++ {
				d := int(pix[i]) - int(s.pix[i])
				sum += d * d
			}
		}
	}
	return float64(sum) / float64(3*r.Dx()*r.Dy())
}

// greys are busy without colours, of which 4:2:0 loses half.
func greys(seed int) func(x, y int) uint32 {
	colour := busy(seed)
	return func(x, y int) uint32 { return colour(x, y) & 0xff * 0x010101 }
}

func TestH264KeyframesOnRequestOnly(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {17, 33}, {641, 481}, {1280, 800}} {
		s, p := newScreen(size), picture(t, size)
		all := image.Rectangle{Max: size}
		e := h264Of(t, x264(), Options{Size: size, Kbps: 2000})
		movie := movietest.New("H264", image.Pt((size.X+1)&^1, (size.Y+1)&^1))
		for i := range 12 {
			s.fill(all, busy(i*i*99)) // a change of scene each time
			s.copyTo(t, p, all)
			key := i == 0 || i == 7
			f := encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: time.Duration(i) * 33 * time.Millisecond, Key: i == 7})
			n := units(f.Data)
			if f.Key != key || (n[7] == 1) != key || (n[8] == 1) != key || (n[5] == 1) != key || n[1]+n[5] != 1 {
				t.Fatalf("%v: frame %d: key %v, units %v", size, i, f.Key, n)
			}
			movie.Add(f.Data)
		}
		movie.Last(t)
	}
}

// The stream is what its fmtp line says: constrained baseline, and no frame
// waits for another (ITU-T H.264, A.2.1.1).
func TestH264IsConstrainedBaseline(t *testing.T) {
	size := image.Pt(320, 240)
	f := encode(t, h264Of(t, x264(), Options{Size: size, Kbps: 500}), picture(t, size), Request{})
	sps := f.Data[bytes.Index(f.Data, []byte{0, 0, 1, 0x67})+4:]
	if sps[0] != 66 || sps[1]&0xc0 != 0xc0 {
		t.Fatalf("profile %d, constraints %08b", sps[0], sps[1])
	}
}

// A piece that is refined becomes sharp, and stays so while others move.
func TestH264RefinesAndKeeps(t *testing.T) {
	size := image.Pt(640, 480)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	e, movie := h264Of(t, x264(), Options{Size: size, Kbps: 600}), movietest.New("H264", size)
	at := time.Duration(0)
	frame := func(r image.Rectangle, q Quality) Frame {
		at += 16 * time.Millisecond
		s.copyTo(t, p, r)
		f := encode(t, e, p, Request{Changed: []image.Rectangle{r}, At: at, Quality: q})
		movie.Add(f.Data)
		return f
	}
	piece, corner := image.Rect(128, 128, 384, 256), image.Rect(0, 0, 64, 64)
	for i := range 10 {
		s.fill(all, greys(i))
		frame(all, Moving)
	}
	before := s.distance(movie.Last(t), piece)
	for range 3 {
		at += 200 * time.Millisecond
		frame(piece, Fine)
	}
	fine := s.distance(movie.Last(t), piece)
	for i := range 50 {
		s.fill(corner, plain(uint32(i)*0x050505))
		if f := frame(corner, Moving); f.Key {
			t.Fatal("a keyframe nobody asked for")
		}
	}
	after := s.distance(movie.Last(t), piece)
	if fine > before/3 || fine > 6 || after > fine+0.5 {
		t.Fatalf("error %.2f in motion, %.2f when refined, %.2f after motion elsewhere", before, fine, after)
	}
}

// The encoder keeps to its bitrate while all of the picture moves, and follows
// when it is changed.
func TestH264Bitrate(t *testing.T) {
	size := image.Pt(320, 240)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	e := h264Of(t, x264(), Options{Size: size, Kbps: 1500})
	at := time.Duration(0)
	run := func(seconds int) (kbps int) {
		n := 0
		for range seconds * 30 {
			at += time.Second / 30
			s.fill(all, busy(int(at/time.Millisecond)/60))
			s.copyTo(t, p, all)
			f := encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: at})
			if f.Key && n > 0 {
				t.Fatal("a keyframe nobody asked for")
			}
			n += len(f.Data)
		}
		return n * 8 / 1000 / seconds
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
}

// Encoders that cannot change their bitrate start again for a change that counts.
func TestH264StartsAgain(t *testing.T) {
	size := image.Pt(320, 240)
	m := x264()
	m.follows = false
	e, p := h264Of(t, m, Options{Size: size, Kbps: 1000}), picture(t, size)
	for i, want := range []struct {
		kbps int
		key  bool
	}{{1000, true}, {1100, false}, {800, false}, {1200, false}, {1300, true}, {1300, false}, {400, true}} {
		must(t, e.SetBitrate(want.kbps))
		if f := encode(t, e, p, Request{At: time.Duration(i) * 16 * time.Millisecond}); f.Key != want.key {
			t.Errorf("step %d: key %v at %d kb/s", i, f.Key, want.kbps)
		}
	}
}

// An encoder that is not there says so, and the next one is taken.
func TestH264FallsBack(t *testing.T) {
	for _, m := range []maker{
		{name: "h264_missing"},
		{name: "libx264", options: "no_such_option=1"},
		{name: "h264_vaapi", device: "/dev/null"},
	} {
		if _, err := newH264By(m, Options{Size: image.Pt(64, 64), Kbps: 100}); err == nil || !strings.Contains(err.Error(), m.name) {
			t.Errorf("%v: %v", m, err)
		}
	}
	name, missing := H264()
	e, err := New(codec.H264, Options{Size: image.Pt(320, 240), Kbps: 100})
	must(t, err)
	defer e.Close()
	if got := e.(*h264).maker.name; got != name || (name != makers[0].name) != (missing != nil) {
		t.Errorf("%s works, but %s was taken; missing: %v", name, got, missing)
	}
	t.Logf("%s; %v", name, missing)
	if _, err := e.Encode(picture(t, image.Pt(64, 65)), Request{}); !errors.Is(err, ErrSize) {
		t.Errorf("a picture of another size: %v", err)
	}
}

func TestH264Allocations(t *testing.T) {
	size := image.Pt(320, 240)
	p := picture(t, size)
	e := h264Of(t, x264(), Options{Size: size, Kbps: 1000})
	changed := []image.Rectangle{image.Rect(0, 0, 64, 64)}
	at := time.Duration(0)
	if n := testing.AllocsPerRun(50, func() {
		at += 16 * time.Millisecond
		encode(t, e, p, Request{Changed: changed, At: at, Quality: Fine})
	}); n != 0 {
		t.Fatalf("%v allocations per frame", n)
	}
}
