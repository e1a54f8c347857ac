// Package gimp drives GIMP through a browser, with the keys and the mouse a
// person would use: a new white image, the pencil, and places on it that are
// still white.
package gimp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
)

// ErrNoCanvas means that GIMP showed no large white image in time.
var ErrNoCanvas = errors.New("gimp: no white canvas appeared")

// Page is the part of a browser that driving GIMP needs.
type Page interface {
	Picture() (browser.Picture, error)
	Lumas(columns, rows int) ([]int, error)
	Move(x, y float64, held bool) error
	Press(x, y float64) error
	Release(x, y float64) error
	Key(key string, modifiers ...kb.Modifier) error
}

// How long GIMP may take, and how often the picture is looked at meanwhile.
const (
	canvasWithin = 60 * time.Second
	dialogWithin = 4 * time.Second
	lookEvery    = 200 * time.Millisecond
)

// columns and rows are the grid that changes are looked for with.
const columns, rows = 64, 40

// canvasShare is the share of the picture that a new image fills, at least.
const canvasShare = 0.15

// NewImage opens a new white image at GIMP's default size and takes the pencil.
// It gives the places to draw at.
func NewImage(ctx context.Context, page Page) ([]Spot, error) {
	ctx, cancel := context.WithTimeout(ctx, canvasWithin)
	defer cancel()
	picture, err := page.Picture()
	if err != nil {
		return nil, err
	}
	// A first press asks for control of the canvas and gives the page the
	// keyboard; an empty GIMP does nothing with it.
	x, y := picture.At(0.5, 0.55)
	if err := errors.Join(page.Move(x, y, false), page.Press(x, y), page.Release(x, y)); err != nil {
		return nil, err
	}
	for {
		spots, err := openImage(ctx, page)
		if err == nil || !errors.Is(err, ErrNoCanvas) {
			return spots, err
		}
		if ctx.Err() != nil {
			return nil, err
		}
		// Close whatever is open, and begin again.
		if err := errors.Join(page.Key(kb.Escape), page.Key(kb.Escape)); err != nil {
			return nil, err
		}
	}
}

// openImage goes once through File > New with its defaults. It takes the menu:
// browsers keep Ctrl+N for themselves.
func openImage(ctx context.Context, page Page) ([]Spot, error) {
	if err := changes(ctx, page, kb.F10); err != nil { // the first menu
		return nil, err
	}
	if err := page.Key(kb.ArrowDown); err != nil { // its first entry
		return nil, err
	}
	if err := changes(ctx, page, kb.Enter); err != nil { // the dialog
		return nil, err
	}
	if err := page.Key(kb.Enter); err != nil {
		return nil, err
	}
	var spots []Spot
	err := until(ctx, dialogWithin, func() (found bool, err error) {
		spots, found, err = whiteSpots(page)
		return found, err
	})
	if err != nil {
		return nil, err
	}
	return spots, page.Key("n")
}

// changes presses a key and waits until it has changed much of the picture, and
// the change is complete.
func changes(ctx context.Context, page Page, key string, modifiers ...kb.Modifier) error {
	before, err := page.Lumas(columns, rows)
	if err != nil {
		return err
	}
	if err := page.Key(key, modifiers...); err != nil {
		return err
	}
	last := before
	return until(ctx, dialogWithin, func() (bool, error) {
		now, err := page.Lumas(columns, rows)
		done := differing(before, now) > columns*rows/100 && differing(last, now) == 0
		last = now
		return done, err
	})
}

// until asks done every now and then; ErrNoCanvas when it never is.
func until(ctx context.Context, within time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNoCanvas, ctx.Err())
		}
	}
}

// Clear fills the image with white again and waits until the places are white.
func Clear(ctx context.Context, page Page) ([]Spot, error) {
	if err := page.Key(".", kb.ModifierCtrl); err != nil {
		return nil, err
	}
	var spots []Spot
	err := until(ctx, dialogWithin, func() (found bool, err error) {
		spots, found, err = whiteSpots(page)
		return found, err
	})
	return spots, err
}

func differing(a, b []int) int {
	n := 0
	for i := range min(len(a), len(b)) {
		if d := a[i] - b[i]; d > 24 || d < -24 {
			n++
		}
	}
	return n
}
