package gimp

import (
	"context"
	"fmt"
	"strconv"

	"github.com/chromedp/chromedp/kb"
)

// Open opens a picture of GIMP's machine by its path beside the white image that
// is shown, through File > Open, as a person who types the path would. A
// picture of the white image's extent is shown pixel by pixel in its place.
func Open(ctx context.Context, page Page, path string) error {
	if err := changes(ctx, page, "o", kb.ModifierCtrl); err != nil {
		return fmt.Errorf("gimp: the dialog to open: %w", err)
	}
	for _, c := range path { // the first "/" opens the entry for a path
		if err := page.Key(string(c)); err != nil {
			return err
		}
	}
	if err := page.Key(kb.Enter); err != nil {
		return err
	}
	// The picture takes the place of the white canvas.
	err := until(ctx, canvasWithin, func() (bool, error) {
		_, white, err := whiteSpots(page)
		return !white, err
	})
	if err != nil {
		return fmt.Errorf("gimp: open %s: %w", path, err)
	}
	return still(ctx, page)
}

// Magnify shows the image at so many times its size, 1 to 5, and waits until it is
// there.
func Magnify(ctx context.Context, page Page, times int) error {
	if err := changes(ctx, page, strconv.Itoa(times)); err != nil {
		return fmt.Errorf("gimp: zoom: %w", err)
	}
	return nil
}

// still waits until the picture does not change from one look to the next.
func still(ctx context.Context, page Page) error {
	var last []int
	return until(ctx, dialogWithin, func() (bool, error) {
		now, err := page.Lumas(columns, rows)
		same := last != nil && differing(last, now) == 0
		last = now
		return same, err
	})
}
