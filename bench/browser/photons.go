package browser

import "github.com/chromedp/chromedp"

// CollectPhotons keeps the client's own measurements from now on.
func (b *Browser) CollectPhotons() error {
	return chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](`easelBench.collectPhotons()`))
}

// Photons are those kept since CollectPhotons; the keeping ends.
func (b *Browser) Photons() ([]Photon, error) {
	return Evaluate[[]Photon](b, `easelBench.photons()`)
}
