package cost

import (
	"context"
	"math"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// Hand is the part of a browser that drawing needs.
type Hand interface {
	Picture() (browser.Picture, error)
	Move(x, y float64, held bool) error
	Press(x, y float64) error
	Release(x, y float64) error
}

// step is the time between two moves of the mouse: a screen's refresh.
const step = 16 * time.Millisecond

// moves is how many of them make a stroke: about a second.
const moves = 60

// Draw draws stroke after stroke within the places given, for at least the time
// given, at a person's pace.
func Draw(ctx context.Context, hand Hand, spots []gimp.Spot, d time.Duration) error {
	picture, err := hand.Picture()
	if err != nil {
		return err
	}
	left, top, right, bottom := gimp.Bounds(spots)
	point := func(t float64) (x, y float64) {
		// A Lissajous curve: smooth, of changing speed, all over the place.
		u := left + (right-left)*(0.5+0.45*math.Sin(0.11*t))
		v := top + (bottom-top)*(0.5+0.45*math.Sin(0.073*t+1))
		return picture.At(u, v)
	}
	tick := time.NewTicker(step)
	defer tick.Stop()
	began := time.Now()
	for n := 0; time.Since(began) < d; {
		x, y := point(float64(n))
		if err := hand.Press(x, y); err != nil {
			return err
		}
		for range moves {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			n++
			x, y = point(float64(n))
			if err := hand.Move(x, y, true); err != nil {
				return err
			}
		}
		if err := hand.Release(x, y); err != nil {
			return err
		}
	}
	return nil
}
