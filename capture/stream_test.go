package capture

import (
	"context"
	"errors"
	"image"
	"syscall"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/capture/heed"
	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

func TestFirstFramesThenSilence(t *testing.T) {
	name := xvnctest.Start(t, 1281, 801)
	s, f, _ := run(t, name, Options{})
	f.until(t, "a keyframe of each layer", func() bool {
		return f.count(func(s sentFrame) bool { return s.layer == fullLayer && s.key && s.size == image.Pt(1281, 801) }) == 1 &&
			f.count(func(s sentFrame) bool { return s.layer == halfLayer && s.key && s.size == image.Pt(641, 401) }) == 1
	})
	f.mu.Lock()
	if f.attributes["easel.display"] != "1281x801" || len(f.dimensions) != 2 || f.dimensions[0].Width != 641 {
		t.Errorf("%v, %v", f.attributes, f.dimensions)
	}
	if f.frames[0].layer != fullLayer || f.frames[1].layer != halfLayer || f.frames[0].timestamp != f.frames[1].timestamp {
		t.Errorf("the layers of a capture do not share a time: %+v", f.frames[:2])
	}
	f.mu.Unlock()
	rest(t, s)
	frames, captures, cpu := s.Stats.Frames.Load(), s.Stats.Captures.Load(), cpuTime(t)
	watch := time.Now().Add(3 * time.Second)
	for time.Now().Before(watch) {
		time.Sleep(time.Until(watch))
	}
	if n := s.Stats.Frames.Load() - frames; n != 0 || s.Stats.Captures.Load() != captures {
		t.Errorf("%d frames at rest", n)
	}
	used := cpuTime(t) - cpu
	t.Logf("%.2f%% of a core at rest", 100*used.Seconds()/3)
	if used > 60*time.Millisecond {
		t.Errorf("%v of CPU in 3 s at rest", used)
	}
}

// cpuTime is what this process has used.
func cpuTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestChangeIsSentAtOnceAndRefined(t *testing.T) {
	name := xvnctest.Start(t, 1280, 800)
	p := xvnctest.NewPainter(t, name, 1280, 800)
	s, f, _ := run(t, name, Options{})
	rest(t, s)
	full := func(s sentFrame) bool { return s.layer == fullLayer }
	f.mu.Lock()
	before := f.count(full)
	f.mu.Unlock()
	fine := s.Stats.Refinements.Load()
	p.Noise(t, 300, 200, 51, 51, 1)
	painted := time.Now()
	f.until(t, "a frame", func() bool { return f.count(full) > before })
	f.mu.Lock()
	t.Logf("painted to sent: %v", f.frames[len(f.frames)-1].at.Sub(painted))
	f.mu.Unlock()
	rest(t, s)
	if s.Stats.Refinements.Load() == fine {
		t.Error("nothing was refined")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.count(func(s sentFrame) bool { return s.key }); n != 2 {
		t.Errorf("%d keyframes, want one per layer", n)
	}
}

func TestRateIsCapped(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	p := xvnctest.NewPainter(t, name, 640, 480)
	s, f, _ := run(t, name, Options{FPS: 20, HalfFPS: 5})
	rest(t, s)
	f.mu.Lock()
	f.frames = nil
	f.mu.Unlock()
	began := time.Now()
	for i := uint32(0); time.Since(began) < time.Second; i++ {
		p.Noise(t, 100, 100, 20, 20, i)
	}
	took := time.Since(began).Seconds()
	f.mu.Lock()
	defer f.mu.Unlock()
	for layer, fps := range map[LayerID]float64{fullLayer: 20, halfLayer: 5} {
		n := f.count(func(s sentFrame) bool { return s.layer == layer })
		if float64(n) > fps*took+2 || n < 2 {
			t.Errorf("layer %v: %d frames in %.2f s at %v fps", layer, n, took, fps)
		}
	}
}

func TestKeyframeOnRequest(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	s, f, _ := run(t, name, Options{})
	rest(t, s)
	for _, layer := range []LayerID{halfLayer, fullLayer} {
		f.mu.Lock()
		f.frames = nil
		f.mu.Unlock()
		for range 20 { // a crowd asks at once
			s.RequestKeyframe(layer)
		}
		key := func(s sentFrame) bool { return s.layer == layer && s.key }
		f.until(t, "a keyframe", func() bool { return f.count(key) > 0 })
		rest(t, s)
		f.mu.Lock()
		if n := f.count(key); n > 2 {
			t.Errorf("layer %v: %d keyframes", layer, n)
		}
		if n := f.count(func(s sentFrame) bool { return s.layer != layer && s.key }); n > 0 {
			t.Errorf("%d keyframes of the other layer", n)
		}
		f.mu.Unlock()
	}
}

// A click that a program answers gives one tag, of the frame with the answer.
func TestFrameTag(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	p := xvnctest.NewPainter(t, name, 640, 480)
	s, f, d := run(t, name, Options{})
	j, err := inject.Open(inject.Options{Display: name, Size: d.Size, Resize: s.Resize})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	h := newHands(j, heed.NewGate(func(context.Context) error { return nil }), s.Injecting, func(string, bool) {}, s.log)
	defer h.close()
	rest(t, s)
	packet, err := wire.AppendInput(nil, &wire.Input{Generation: 3, First: 1, Events: []wire.Event{
		{Kind: wire.ButtonDown, Button: 1, X: 50, Y: 60}, {Kind: wire.ButtonUp, Button: 1, X: 50, Y: 60},
	}})
	if err != nil {
		t.Fatal(err)
	}
	h.input("painter", packet)
	h.playout.Sync()
	tags := func() (tags []wire.FrameTag) {
		for _, m := range f.messages {
			if tag, ok := m.payload.(wire.FrameTag); ok && !m.reliable {
				tags = append(tags, tag)
			}
		}
		return tags
	}
	f.mu.Lock()
	if n := len(tags()); n > 0 {
		t.Errorf("%d tags before any answer", n)
	}
	f.mu.Unlock()
	p.Fill(t, 10, 10, 30, 30, 0xff0000)
	f.until(t, "a tag", func() bool { return len(tags()) == 1 })
	p.Fill(t, 10, 10, 30, 30, 0x00ff00)
	rest(t, s)
	f.mu.Lock()
	defer f.mu.Unlock()
	got := tags()
	if len(got) != 1 || got[0].Generation != 3 || got[0].Sequence != 2 ||
		got[0].Injected > got[0].Captured || got[0].Captured > got[0].Encoded {
		t.Fatalf("%+v", got)
	}
	if f.count(func(s sentFrame) bool { return s.layer == fullLayer && s.timestamp == got[0].RTPTimestamp }) != 1 {
		t.Error("the tag names no frame")
	}
}

func TestCursor(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	s, f, d := run(t, name, Options{})
	shapes := func(to string) int {
		n := 0
		for _, m := range f.messages {
			if _, ok := m.payload.(*wire.CursorShape); ok && m.reliable && (to == "" && m.to == nil || len(m.to) == 1 && m.to[0] == to) {
				n++
			}
		}
		return n
	}
	f.until(t, "the shape for everyone", func() bool { return shapes("") > 0 })
	s.Welcome("late")
	f.until(t, "the shape for a newcomer", func() bool { return shapes("late") == 1 })
	j, err := inject.Open(inject.Options{Display: name, Size: d.Size, Resize: s.Resize})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	s.Injecting(1, 1)
	j.Event(&wire.Event{Kind: wire.Move, X: 123, Y: 45})
	f.until(t, "the pointer's place", func() bool {
		for _, m := range f.messages {
			if m.payload == (wire.CursorPosition{X: 123, Y: 45}) && !m.reliable {
				return true
			}
		}
		return false
	})
}

// An encoder that fails costs a keyframe, not the stream.
func TestEncoderIsReplaced(t *testing.T) {
	name := xvnctest.Start(t, 640, 480)
	d := look(t, name)
	f := newFakeSink()
	s := NewStream(d, f, Options{})
	full := s.find(fullLayer)
	defer s.close()
	if err := errors.Join(s.resized(), s.attend()); err != nil {
		t.Fatal(err)
	}
	breakIt := func() {
		full.encoder.Close()
		var err error
		// Of another size, it will refuse the picture.
		if full.encoder, err = encode.New(codec.VP8, encode.Options{Size: image.Pt(64, 64), Kbps: 100}); err != nil {
			t.Fatal(err)
		}
	}
	breakIt()
	if err := s.capture(s.now()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if task, wait := full.due(s.now(), 0); task != key || wait != 0 {
			t.Fatalf("task %d in %v, want a keyframe", task, wait)
		}
		if err := s.frame(full, key, s.now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.frames); n != 1 || !f.frames[0].key {
		t.Fatalf("%+v", f.frames)
	}
	for range maxFailures {
		breakIt()
		if err := s.frame(full, key, s.now()); err != nil {
			t.Fatal(err)
		}
	}
	breakIt()
	if err := s.frame(full, key, s.now()); err == nil {
		t.Fatal("an encoder that always fails went unnoticed")
	}
}

func TestServerLost(t *testing.T) {
	name, stop := xvnctest.StartStoppable(t, 640, 480)
	s, _, d := run(t, name, Options{})
	rest(t, s)
	stop()
	<-d.Lost() // run checks that the stream ends for that reason
}

func TestBitrateFollowsTheAudience(t *testing.T) {
	s := NewStream(nil, nil, Options{Kbps: 3000, HalfKbps: 800})
	for _, c := range []struct {
		bps        float64
		full, half int32
	}{{10e6, 3000, 800}, {700e3, 700, 700}, {200e3, 300, 200}, {0, 300, 100}, {1e30, 3000, 800}} {
		s.SetBitrate(fullLayer, c.bps)
		s.SetBitrate(halfLayer, c.bps)
		if full, half := s.find(fullLayer).kbps.Load(), s.find(halfLayer).kbps.Load(); full != c.full || half != c.half {
			t.Errorf("%v b/s: %d and %d, want %d and %d", c.bps, full, half, c.full, c.half)
		}
	}
}

var _ pointerSource = (*display.Display)(nil)
