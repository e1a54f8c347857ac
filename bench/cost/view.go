package cost

import (
	"context"
	"math"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// Viewport is the part of a browser that moving about in a picture needs.
type Viewport interface {
	Picture() (browser.Picture, error)
	Wheel(x, y, pixels float64) error
	Grip(x, y float64) error
	Drag(x, y float64) error
	LetGo(x, y float64) error
}

const (
	// notch is one step of a wheel, as browsers report it in pixels, and
	// notchEvery the time between two of a hand that scrolls steadily.
	notch      = 100
	notchEvery = 60 * time.Millisecond
	// turns is how many notches go one way before they go back.
	turns = 8
)

// Scroll turns the wheel over the middle of the places given, down and up again,
// for at least the time given.
func Scroll(ctx context.Context, view Viewport, spots []gimp.Spot, d time.Duration) error {
	picture, err := view.Picture()
	if err != nil {
		return err
	}
	left, top, right, bottom := gimp.Bounds(spots)
	x, y := picture.At((left+right)/2, (top+bottom)/2)
	tick := time.NewTicker(notchEvery)
	defer tick.Stop()
	began := time.Now()
	for n := 0; time.Since(began) < d; n++ {
		way := float64(notch)
		if n/turns%2 == 1 {
			way = -notch
		}
		if err := view.Wheel(x, y, way); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Pan drags the picture about in circles, for at least the time given.
func Pan(ctx context.Context, view Viewport, spots []gimp.Spot, d time.Duration) error {
	picture, err := view.Picture()
	if err != nil {
		return err
	}
	left, top, right, bottom := gimp.Bounds(spots)
	at := func(n int) (x, y float64) {
		turn := float64(n) * 2 * math.Pi / 120 // two seconds a circle
		return picture.At((left+right)/2+0.15*(right-left)*math.Cos(turn), (top+bottom)/2+0.15*(bottom-top)*math.Sin(turn))
	}
	tick := time.NewTicker(step)
	defer tick.Stop()
	x, y := at(0)
	if err := view.Grip(x, y); err != nil {
		return err
	}
	began := time.Now()
	for n := 1; time.Since(began) < d; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		x, y = at(n)
		if err := view.Drag(x, y); err != nil {
			return err
		}
	}
	return view.LetGo(x, y)
}
