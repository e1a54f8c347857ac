package browser

import (
	_ "embed"
	"fmt"

	"github.com/chromedp/chromedp"
)

//go:embed flow.js
var flowScript string

// Watch notes every frame that the video presents, from now until Watched.
func (b *Browser) Watch() error {
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](flowScript)); err != nil {
		return fmt.Errorf("browser: watch: %w", err)
	}
	started, err := Evaluate[bool](b, `easelFlow.start()`)
	if err == nil && !started {
		err = ErrNoPicture
	}
	return err
}

// Watched ends the watch and gives the frames' times and sizes.
func (b *Browser) Watched() ([]Shot, error) { return Evaluate[[]Shot](b, `easelFlow.stop()`) }
