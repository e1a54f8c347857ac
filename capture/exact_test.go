package capture

import (
	"image"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/capture/internal/movietest"
	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

// recorder is a viewer of one layer who keeps what they see.
type recorder struct {
	nullSink
	payload rtp.Depacketizer
	mu      sync.Mutex
	movie   *movietest.Movie
	frame   []byte
	last    uint32 // timestamp of the last whole frame
	frames  int
	bytes   int
	largest int
	exact   map[uint32]bool
}

func (r *recorder) WriteRTP(_ LayerID, p *rtp.Packet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	chunk, err := r.payload.Unmarshal(p.Payload)
	if err != nil {
		return err
	}
	r.frame = append(r.frame, chunk...)
	if p.Marker {
		r.movie.Add(r.frame)
		r.frames++
		r.bytes += len(r.frame)
		r.largest = max(r.largest, len(r.frame))
		r.frame, r.last = r.frame[:0], p.Timestamp
	}
	return nil
}

func (r *recorder) PublishData(topic string, payload []byte, _ bool, _ ...string) error {
	if topic != wire.TopicExact {
		return nil
	}
	e, err := wire.DecodeExact(payload)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exact[e.RTPTimestamp] = true
	return nil
}

// seen counts frames.
func (r *recorder) seen() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames
}

// isExactSince says whether the viewer has seen more frames than before, and
// knows that they see the very screen.
func (r *recorder) isExactSince(before int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames > before && r.exact[r.last]
}

// At rest a viewer who decodes all frames has the X screen's pixels, and is told
// so, again and again between motions.
func TestRestIsExact(t *testing.T) {
	t.Run("VP9", func(t *testing.T) { restIsExact(t, codec.VP9Full, "VP90", &codecs.VP9Packet{}) })
	t.Run("AV1", func(t *testing.T) { restIsExact(t, codec.AV1Full, "AV01", &codecs.AV1Depacketizer{}) })
}

func restIsExact(t *testing.T, c codec.Codec, fourcc string, payload rtp.Depacketizer) {
	size := image.Pt(800, 601)
	name := xvnctest.Start(t, size.X, size.Y)
	p := xvnctest.NewPainter(t, name, size.X, size.Y)
	d := look(t, name)
	r := &recorder{payload: payload, movie: movietest.New(fourcc, size), exact: map[uint32]bool{}}
	s := NewStream(d, r, Options{Renditions: []Rendition{{c, []Size{Full}}}})
	defer streaming(t, s)()

	screen := look(t, name)
	rest := func(what string, paint func()) {
		t.Helper()
		before := r.seen()
		paint()
		began := time.Now()
		for deadline := began.Add(20 * time.Second); !r.isExactSince(before); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: never exact", what)
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		t.Logf("%s: exact after %v, %d bytes, the largest frame %d", what, time.Since(began), r.bytes, r.largest)
		r.bytes, r.largest = 0, 0
		var all damage.Region
		all.Add(image.Rectangle{Max: size})
		tiles, err := screen.Grab(&all)
		if err != nil {
			t.Fatal(err)
		}
		got := r.movie.Last(t)
		wrong := 0
		for i := 0; i < len(got); i += 4 {
			if [3]byte(got[i:]) != [3]byte(tiles[0].Pix[i:]) {
				wrong++
			}
		}
		if wrong > 0 {
			t.Fatalf("%s: %d of %d pixels differ", what, wrong, size.X*size.Y)
		}
	}
	rest("first picture", func() {})
	rest("a stroke of noise", func() {
		for i := range uint32(30) {
			p.Noise(t, 100+int(i)*10, 100+int(i)*7, 51, 51, i)
			time.Sleep(10 * time.Millisecond)
		}
	})
	rest("a photograph of noise", func() { p.Noise(t, 0, 0, 640, 480, 99) })
	rest("small changes", func() {
		for i := range uint32(100) {
			p.Fill(t, 301, 303, 1+int(i), 7, i*0x20301)
		}
	})
	if n := s.Stats.Keyframes.Load(); n != 1 {
		t.Errorf("%d keyframes, want the first", n)
	}
	rest("a keyframe for a newcomer", func() { s.RequestKeyframe(LayerID{}) })
}

// What is worth little is not refined for long: the hand's next frame waits for
// no more than a piece.
func TestPiecesFitLineAndEncoder(t *testing.T) {
	var r refinement
	r.reset(image.Pt(1920, 1080), true, encode.Grid, leastPiece)
	r.shown(image.Rectangle{Max: r.size})
	fine, exact := 0, 0
	now := time.Duration(0)
	for n := 0; !r.done(); n++ {
		now += max(r.wait(now, -refineAfter), 0)
		piece := r.cut(1)
		pixels := pixels(piece)
		if r.quality == encode.Fine {
			fine += pixels
		} else {
			exact += pixels
		}
		// Two bytes a pixel on a line of 8 Mb/s, 4 ms for 64 K pixels.
		bytes := 2 * pixels
		if n > 4 && bytes > 2*40_000 {
			t.Fatalf("piece %d has %d bytes", n, bytes)
		}
		r.sent(piece, 1, func(image.Rectangle) bool { return r.quality == encode.Exact }, bytes, 8000, time.Duration(pixels)*4*time.Millisecond/65536, now)
	}
	if all := 1920 * 1080; fine != all || exact != all || !r.exact() {
		t.Fatalf("%d pixels fine, %d exact, of %d", fine, exact, all)
	}
	if want := time.Duration(2*2*1920*1080) * time.Microsecond; now < want*9/10 {
		t.Fatalf("done in %v, the line takes %v", now, want)
	}
}

// What is exact before it is refined, as plain areas are, is not refined.
func TestExactIsNotRefined(t *testing.T) {
	var r refinement
	r.reset(image.Pt(1920, 1080), true, encode.Grid, leastPiece)
	r.shown(image.Rectangle{Max: r.size})
	plain := func(rect image.Rectangle) bool { return rect.Min.X >= 64 }
	if !r.sift(plain) || r.rough.Area() != 64*1088 {
		t.Fatalf("%d pixels left, want two blocks a row", r.rough.Area())
	}
	r.sent(r.cut(1), 1, plain, 1000, 8000, time.Millisecond, 0)
	r.shown(image.Rect(0, 0, 32, 32))
	if everything := func(image.Rectangle) bool { return true }; r.sift(everything) && !r.rough.Empty() {
		t.Fatalf("%d rough pixels left", r.rough.Area())
	}
	r.reset(image.Pt(1920, 1080), false, encode.Grid, leastPiece) // a codec that never is
	r.shown(image.Rectangle{Max: r.size})
	if !r.sift(func(image.Rectangle) bool { t.Fatal("asked"); return false }) {
		t.Fatal("not refined")
	}
}

// What cannot be made exact is not tried for ever, nor called exact.
func TestInexactIsNotTold(t *testing.T) {
	var r refinement
	r.reset(image.Pt(320, 240), true, encode.Grid, leastPiece)
	r.shown(image.Rect(0, 0, 32, 32))
	no := func(image.Rectangle) bool { return false }
	for n := 0; !r.done(); n++ {
		if n > 10 {
			t.Fatal("tried for ever")
		}
		r.sent(r.cut(1), 1, no, 100, 1000, time.Millisecond, 0)
	}
	if r.exact() {
		t.Fatal("called exact")
	}
}

// On a thin line a frame is not queued behind another, it is made later; on one
// with room nothing waits.
func TestFramesDoNotQueue(t *testing.T) {
	o := Options{Kbps: 3000}.withDefaults()
	l := newLayer(LayerID{}, codec.VP8, &source{size: Full}, &o)
	l.refining.load(100_000, 800, 0) // a second of it
	if wait := l.queue(0); wait != 0 {
		t.Fatalf("%v where there is room", wait)
	}
	l.kbps.Store(800)
	if wait := l.queue(0); wait != time.Second-longestQueue {
		t.Fatalf("%v behind a second of the line", wait)
	}
	if wait := l.queue(time.Second); wait != 0 {
		t.Fatalf("%v on a free line", wait)
	}
}

// What a frame may take follows the line; the keyframe that a small layer begins
// with is small in any case.
func TestFramesFitTheLine(t *testing.T) {
	o := Options{Kbps: 3000, HalfKbps: 800}.withDefaults()
	full := newLayer(LayerID{}, codec.VP8, &source{size: Full}, &o)
	half := newLayer(LayerID{}, codec.VP8, &source{size: Half}, &o)
	if frame, key := full.fitting(frameOnLine), full.keyBytes(); frame != 56_250 || key != 112_500 {
		t.Errorf("%d bytes for a frame and %d for a keyframe on 3 Mb/s", frame, key)
	}
	if n := half.keyBytes(); n != modestKey {
		t.Errorf("%d bytes for the first keyframe of a small layer", n)
	}
	half.begun = true
	if n := half.keyBytes(); n != 30_000 {
		t.Errorf("%d bytes for a later one", n)
	}
	half.kbps.Store(160)
	if frame, key := half.fitting(frameOnLine), half.keyBytes(); frame != 3000 || key != 6000 {
		t.Errorf("%d bytes for a frame and %d for a keyframe on 160 kb/s", frame, key)
	}
}
