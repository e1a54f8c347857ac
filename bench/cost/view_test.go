package cost

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// viewport adds up what is done to it.
type viewport struct {
	t       *testing.T
	scrolls int
	offset  float64
	held    bool
	drags   int
}

func (v *viewport) Picture() (browser.Picture, error) {
	return browser.Picture{Width: 100, Height: 100, ShownWidth: 100, ShownHeight: 100}, nil
}

func (v *viewport) Wheel(_, _, pixels float64) error {
	v.scrolls++
	v.offset += pixels
	return nil
}

func (v *viewport) Grip(_, _ float64) error { v.held = true; return nil }

func (v *viewport) Drag(x, y float64) error {
	if !v.held || x < 20 || x > 80 || y < 30 || y > 70 {
		v.t.Errorf("dragged to %v,%v, held: %t", x, y, v.held)
	}
	v.drags++
	return nil
}

func (v *viewport) LetGo(_, _ float64) error { v.held = false; return nil }

func TestScrollAndPan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &viewport{t: t}
		spots := []gimp.Spot{{X: 0.2, Y: 0.7}, {X: 0.8, Y: 0.3}}
		if err := Scroll(t.Context(), v, spots, 2*turns*notchEvery); err != nil || v.scrolls != 2*turns || v.offset != 0 {
			t.Errorf("%d notches end at %v: %v", v.scrolls, v.offset, err)
		}
		if err := Pan(t.Context(), v, spots, time.Second); err != nil || v.held || v.drags < 50 {
			t.Errorf("%d moves, held at the end: %t: %v", v.drags, v.held, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Scroll(ctx, v, spots, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStages(t *testing.T) {
	s := NewStages([]browser.Photon{{SentAt: 0, Injected: 2000, Captured: 5000, Encoded: 9000, Presented: 20000}})
	if s.ToX.P50 != 2 || s.ToCaptured.P50 != 3 || s.ToEncoded.P50 != 4 || s.ToPresented.P50 != 11 {
		t.Errorf("%+v", s)
	}
}
