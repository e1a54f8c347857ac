package browser

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/chromedp/chromedp"
)

//go:embed floor.js
var floorScript string

// Floor measures n presses that only this browser answers, on an empty page: a
// canvas that turns black or white, until the frame that shows it is painted. In
// milliseconds; no remote display can be faster by this way of measuring, except
// that video skips the wait for the page's next frame.
func (b *Browser) Floor(n int) ([]float64, error) {
	if err := b.Open("about:blank"); err != nil {
		return nil, err
	}
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](floorScript)); err != nil {
		return nil, fmt.Errorf("browser: floor: %w", err)
	}
	samples := make([]float64, 0, n)
	for range n {
		if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](`easelFloor.arm()`)); err != nil {
			return nil, fmt.Errorf("browser: floor: %w", err)
		}
		if err := b.Press(50, 50); err != nil {
			return nil, err
		}
		took, err := Evaluate[float64](b, `easelFloor.result()`)
		if err != nil {
			return nil, err
		}
		samples = append(samples, took)
		if err := b.Release(50, 50); err != nil {
			return nil, err
		}
		// Presses at random phases of the screen's refresh.
		time.Sleep(20*time.Millisecond + rand.N(33*time.Millisecond))
	}
	return samples, nil
}
