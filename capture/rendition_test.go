package capture

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/internal/xvnctest"
)

func TestRenditions(t *testing.T) {
	both, whole := []Size{Half, Full}, []Size{Full}
	for _, c := range []struct {
		codecs []codec.Codec
		want   [][]Size
	}{
		{[]codec.Codec{codec.VP9Full, codec.VP8}, [][]Size{whole, both}},
		{[]codec.Codec{codec.AV1Full, codec.VP9Full}, [][]Size{both, both}},
		{[]codec.Codec{codec.VP9, codec.H264}, [][]Size{both, both}},
	} {
		for i, r := range Renditions(c.codecs) {
			if r.Codec != c.codecs[i] || !slices.Equal(r.Sizes, c.want[i]) {
				t.Errorf("%v: %+v, want sizes %v", c.codecs, r, c.want[i])
			}
		}
	}
}

// tally counts frames, and notes which are keyframes.
type tally struct {
	nullSink
	mu     sync.Mutex
	frames map[LayerID][]bool
}

// WriteRTP implements Sink for VP9 in rendition 0 and VP8 in rendition 1.
func (y *tally) WriteRTP(layer LayerID, p *rtp.Packet) error {
	key, begins := p.Payload[0]&0x40 == 0, p.Payload[0]&0x08 != 0
	if layer.Rendition == 1 {
		key, begins = p.Payload[4]&1 == 0, p.Payload[0]&0x10 != 0
	}
	if begins {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.frames[layer] = append(y.frames[layer], key)
	}
	return nil
}

// of are a layer's frames so far.
func (y *tally) of(layer LayerID) []bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Clone(y.frames[layer])
}

func (y *tally) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

// A codec has an encoder while somebody watches it, and comes with a keyframe
// that shows all that changed meanwhile.
func TestACodecIsEncodedWhileItIsWatched(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	p := xvnctest.NewPainter(t, name, 640, 480)
	d := look(t, name)
	sink := &tally{frames: map[LayerID][]bool{}}
	s := NewStream(d, sink, Options{Renditions: Renditions([]codec.Codec{codec.VP9Full, codec.VP8})})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	vp9, half, full := LayerID{0, 0}, LayerID{1, 0}, LayerID{1, 1}

	sink.until(t, "the first rendition begins", func() bool { return len(sink.of(vp9)) > 0 })
	rest(t, s)
	if n := len(sink.of(half)) + len(sink.of(full)); n > 0 {
		t.Errorf("%d frames of a codec that nobody watches", n)
	}

	s.Watched(half, true)
	sink.until(t, "a thumbnail", func() bool { return len(sink.of(half)) > 0 })
	if !sink.of(half)[0] {
		t.Error("a codec began without a keyframe")
	}
	s.Watched(vp9, false)
	rest(t, s)
	before := len(sink.of(vp9))
	p.Noise(t, 300, 200, 51, 51, 1)
	sink.until(t, "the thumbnail goes on", func() bool { return len(sink.of(half)) > 1 })
	rest(t, s)
	if n := len(sink.of(vp9)) - before; n != 0 || len(sink.of(full)) > 0 {
		t.Errorf("%d frames more of a codec that nobody watches any more, %d of one that nobody did", n, len(sink.of(full)))
	}

	s.Watched(vp9, true)
	sink.until(t, "the codec is back", func() bool { return len(sink.of(vp9)) > before })
	if !sink.of(vp9)[before] {
		t.Error("a codec came back without a keyframe")
	}
	rest(t, s)
}

// What a picture missed while nobody used it is in the first frame after.
func TestAPictureCatchesUp(t *testing.T) {
	name := xvnctest.Start(t, 64, 64)
	p := xvnctest.NewPainter(t, name, 64, 64)
	d := look(t, name)
	s := NewStream(d, nullSink{}, Options{Renditions: Renditions([]codec.Codec{codec.VP9Full, codec.VP8})})
	defer s.close()
	full, reduced := s.find(LayerID{0, 0}).source, s.find(LayerID{1, 1}).source
	turn := func() {
		t.Helper()
		if err := errors.Join(s.attend(), s.capture(s.now())); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.resized(); err != nil {
		t.Fatal(err)
	}
	turn()
	if !full.isReady() || reduced.isReady() {
		t.Fatalf("ready: %v, %v", full.isReady(), reduced.isReady())
	}
	s.Watched(LayerID{0, 0}, false)
	s.Watched(LayerID{1, 1}, true)
	turn()
	p.Fill(t, 0, 0, 64, 64, 0x336699)
	for d.Take(&s.changes); s.dirty.Empty(); d.Take(&s.changes) {
		s.absorb()
		time.Sleep(time.Millisecond)
	}
	turn()
	if full.isReady() || !reduced.isReady() {
		t.Fatalf("ready: %v, %v", full.isReady(), reduced.isReady())
	}
	s.Watched(LayerID{0, 0}, true)
	turn()
	if !full.isReady() {
		t.Fatal("the picture did not catch up")
	}
}

// A codec that cannot be encoded is left out, the others go on.
func TestABrokenCodecIsDropped(t *testing.T) {
	a := &Agent{config: AgentConfig{Options: Options{Renditions: Renditions([]codec.Codec{codec.VP9Full, codec.Codec(99), codec.VP8})}.withDefaults()}}
	a.log = a.config.Options.Log
	left := func() (codecs []codec.Codec) {
		for _, r := range a.config.Options.Renditions {
			codecs = append(codecs, r.Codec)
		}
		return codecs
	}
	if err := a.keepEncodable(); err != nil || !slices.Equal(left(), []codec.Codec{codec.VP9Full, codec.VP8}) {
		t.Fatalf("%v, %v", left(), err)
	}
	broken := &EncoderError{codec.VP9Full, errors.New("no memory")}
	if a.dropBroken(errors.New("another")) || !a.dropBroken(broken) || !slices.Equal(left(), []codec.Codec{codec.VP8}) {
		t.Fatalf("%v", left())
	}
	if a.dropBroken(&EncoderError{codec.VP8, errors.New("no memory")}) {
		t.Error("the last codec was dropped")
	}
	a.config.Options.Renditions = Renditions([]codec.Codec{codec.Codec(99)})
	if err := a.keepEncodable(); err == nil {
		t.Error("nothing to encode with, and no word of it")
	}
}
