package capture

import (
	"testing"
	"time"

	"github.com/easel-live/easel/internal/xvnctest"
)

func TestALayerThatNobodyWatchesCostsNothing(t *testing.T) {
	name := xvnctest.Start(t, 1280, 800)
	p := xvnctest.NewPainter(t, name, 1280, 800)
	s, f, _ := run(t, name, Options{})
	rest(t, s)
	full := func(s sentFrame) bool { return s.layer == fullLayer }
	half := func(s sentFrame) bool { return s.layer == halfLayer }
	sent := func(want func(sentFrame) bool) int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.count(want)
	}

	s.Watched(halfLayer, false)
	before, fulls := sent(half), sent(full)
	p.Noise(t, 300, 200, 51, 51, 1)
	f.until(t, "the watched layer goes on", func() bool { return f.count(full) > fulls })
	rest(t, s)
	if n := sent(half) - before; n != 0 {
		t.Errorf("%d frames of a layer that nobody watches", n)
	}

	s.Watched(fullLayer, false)
	before, captures, cpu := int(s.Stats.Frames.Load()), s.Stats.Captures.Load(), cpuTime(t)
	for until, n := time.Now().Add(time.Second), uint32(2); time.Now().Before(until); n++ {
		p.Noise(t, 300, 200, 51, 51, n)
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("%v of CPU in 1 s of painting, painting included", cpuTime(t)-cpu)
	if n := int(s.Stats.Frames.Load()) - before; n != 0 || s.Stats.Captures.Load() != captures {
		t.Errorf("%d frames without an audience, %d captures", n, s.Stats.Captures.Load()-captures)
	}

	f.mu.Lock()
	f.frames = nil
	f.mu.Unlock()
	asked := time.Now()
	s.Watched(halfLayer, true)
	f.until(t, "a frame", func() bool { return f.count(half) > 0 })
	f.mu.Lock()
	first := f.frames[0]
	f.mu.Unlock()
	t.Logf("the layer came back after %v", first.at.Sub(asked))
	if !first.key {
		t.Errorf("the layer came back with %+v, want a keyframe", first)
	}
	rest(t, s)
	if s.Stats.Captures.Load() == captures || sent(full) != 0 {
		t.Error("what changed meanwhile was not captured, or for nobody")
	}
}
