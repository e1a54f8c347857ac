package sfu

import (
	"testing"

	"github.com/easel-live/easel/sfu/depend"
)

// spread are rungs that take so many bits per second.
func spread(ladder *depend.Ladder, needs ...int64) *rungs {
	r := &rungs{ladder: ladder, meters: make([]meter, len(ladder.Rungs))}
	for i, n := range needs {
		r.meters[i].needed.Store(n)
	}
	return r
}

func TestFramesGoBeforeTheLayerDoes(t *testing.T) {
	r := spread(vp8Ladder, 400, 600, 1000, 1000)
	above, smallest := newSpan(r, anyRung, false), newSpan(r, anyRung, true)
	if above.least != 1 || above.most != 3 || smallest.least != 0 {
		t.Fatalf("%d to %d, and from %d", above.least, above.most, smallest.least)
	}
	for _, c := range []struct {
		name       string
		left       int
		has        uint8
		mayRaise   bool
		rung       uint8
		takesOnTop int
	}{
		{"room for all", 600, anyRung, false, 3, 600},
		{"half the frames", 599, anyRung, false, 1, 200},
		{"a quarter of them", 199, anyRung, false, 0, 0},
		{"better only with room to spare", 600, 1, true, 1, 200},
		{"which there is", 720, 1, true, 3, 600},
		{"but not yet", 720, 1, false, 1, 200},
	} {
		if rung, more := smallest.climb(c.left, c.has, c.mayRaise); rung != c.rung || more != c.takesOnTop {
			t.Errorf("%s: rung %d with %d, want %d with %d", c.name, rung, more, c.rung, c.takesOnTop)
		}
	}
}

func TestASpatialLayerSuitsTheSizeShown(t *testing.T) {
	ladder := &depend.Ladder{Rungs: []depend.Rung{{}, {Temporal: 1}, {Spatial: 1}, {Spatial: 1, Temporal: 1}, {Spatial: 2}, {Spatial: 2, Temporal: 1}}}
	r, whole := spread(ladder), choice{width: 1280, height: 800}
	for _, c := range []struct {
		p    Preference
		rung uint8
	}{
		{Preference{MaxQuality: High}, 5},
		{Preference{MaxQuality: Mid}, 3},
		{Preference{MaxQuality: Low}, 1},
		{Preference{MaxQuality: High, Width: 300, Height: 200}, 1},
		{Preference{MaxQuality: High, Width: 640, Height: 400}, 3},
		{Preference{MaxQuality: High, Width: 1000, Height: 700}, 5},
	} {
		if got := r.suits(c.p, whole); got != c.rung {
			t.Errorf("%+v: rung %d, want %d", c.p, got, c.rung)
		}
	}
	if got := spread(vp8Ladder).suits(Preference{MaxQuality: Low, Width: 1, Height: 1}, whole); got != anyRung {
		t.Errorf("temporal layers alone: rung %d", got)
	}
}
