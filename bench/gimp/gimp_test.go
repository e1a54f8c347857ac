package gimp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
)

// page plays GIMP: F10 shows a menu, its first entry a dialog, Enter then a white
// image, a press draws a dab, Ctrl+. clears.
type page struct {
	menu, dialog, image bool
	pencil, first       bool
	dabs                []Spot
	deaf                int // how many times F10 is not heard
}

const width, height = 640, 400

func (p *page) Picture() (browser.Picture, error) {
	return browser.Picture{Width: width, Height: height, ShownWidth: width, ShownHeight: height}, nil
}

func (p *page) Lumas(columns, rows int) ([]int, error) {
	out := make([]int, 0, columns*rows)
	for row := range rows {
		for column := range columns {
			x, y := (float64(column)+0.5)/float64(columns), (float64(row)+0.5)/float64(rows)
			out = append(out, p.luma(x, y))
		}
	}
	return out, nil
}

func (p *page) luma(x, y float64) int {
	inside := x > 0.25 && x < 0.75 && y > 0.25 && y < 0.75
	for _, d := range p.dabs {
		if dx, dy := (x-d.X)*width, (y-d.Y)*height; p.image && dx*dx+dy*dy < 144 {
			return 0
		}
	}
	switch {
	case p.menu && x < 0.2:
		return 90
	case p.dialog && inside:
		return 120
	case p.image && inside:
		return 255
	default:
		return 60
	}
}

func (p *page) Move(float64, float64, bool) error { return nil }

func (p *page) Press(x, y float64) error {
	p.dabs = append(p.dabs, Spot{x / width, y / height})
	return nil
}

func (p *page) Release(float64, float64) error { return nil }

func (p *page) Key(key string, modifiers ...kb.Modifier) error {
	switch control := len(modifiers) == 1 && modifiers[0] == kb.ModifierCtrl; {
	case key == kb.F10 && p.deaf > 0:
		p.deaf--
	case key == kb.F10:
		p.menu, p.first = true, false
	case key == kb.Escape:
		p.menu, p.dialog = false, false
	case key == kb.ArrowDown && p.menu:
		p.first = true
	case key == kb.Enter && p.menu && p.first:
		p.menu, p.dialog = false, true
	case key == "." && control:
		p.dabs = nil
	case key == kb.Enter && p.dialog:
		p.dialog, p.image, p.dabs = false, true, nil
	case key == "n":
		p.pencil = true
	}
	return nil
}

func TestNewImage(t *testing.T) {
	p := &page{}
	spots, err := NewImage(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if !p.pencil {
		t.Error("no pencil was taken")
	}
	if len(spots) < 12 {
		t.Fatalf("%d spots", len(spots))
	}
	// No dab may reach another spot.
	for i, s := range spots {
		if p.luma(s.X, s.Y) != 255 {
			t.Errorf("spot %d %+v is not white any more", i, s)
		}
		if err := p.Press(s.X*width, s.Y*height); err != nil {
			t.Fatal(err)
		}
	}
	if left, found, _ := whiteSpots(p); found {
		t.Errorf("a full image has %d spots", len(left))
	}
	again, err := Clear(context.Background(), p)
	if err != nil || len(again) != len(spots) {
		t.Errorf("after clearing %d spots, before %d: %v", len(again), len(spots), err)
	}
}

func TestNewImageTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := NewImage(t.Context(), &page{deaf: 1}); err != nil {
			t.Error(err)
		}
	})
}

func TestNoCanvas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := NewImage(t.Context(), &page{deaf: 1 << 30}); !errors.Is(err, ErrNoCanvas) {
			t.Errorf("got %v", err)
		}
	})
}
