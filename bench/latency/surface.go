package latency

import (
	"context"
	"errors"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// settle is how long the mouse rests at a new place before the press, so that
// what an application draws under a pointer is over.
const settle = 120 * time.Millisecond

// Toggle is the target program: any press turns the middle of the picture to the
// other colour.
type Toggle struct{}

// Arm expects whichever colour the middle does not have.
func (Toggle) Arm(_ context.Context, page Page, i int) (x, y float64, err error) {
	picture, err := page.Picture()
	if err != nil {
		return 0, 0, err
	}
	x, y = picture.At(0.5, 0.5)
	if i == 0 {
		if err := page.Move(x, y, false); err != nil {
			return 0, 0, err
		}
	}
	err = page.Arm(0.5, 0.5, browser.Bright)
	if errors.Is(err, browser.ErrAlready) {
		err = page.Arm(0.5, 0.5, browser.Dark)
	}
	return x, y, err
}

// Pencil is GIMP's pencil on a white image: each press is a black dab at a place
// of its own.
type Pencil struct{ spots []gimp.Spot }

// NewPencil opens an image in GIMP to draw on.
func NewPencil(ctx context.Context, page Page) (*Pencil, error) {
	spots, err := gimp.NewImage(ctx, page)
	return &Pencil{spots}, err
}

// Arm expects the next white place to become black. When the image is full it is
// cleared first.
func (p *Pencil) Arm(ctx context.Context, page Page, _ int) (x, y float64, err error) {
	if len(p.spots) == 0 {
		if p.spots, err = gimp.Clear(ctx, page); err != nil {
			return 0, 0, err
		}
	}
	spot := p.spots[0]
	p.spots = p.spots[1:]
	picture, err := page.Picture()
	if err != nil {
		return 0, 0, err
	}
	x, y = picture.At(spot.X, spot.Y)
	if err := page.Move(x, y, false); err != nil {
		return 0, 0, err
	}
	if err := pause(ctx, settle); err != nil {
		return 0, 0, err
	}
	return x, y, page.Arm(spot.X, spot.Y, browser.Dark)
}
