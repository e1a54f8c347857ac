// Package latency measures click to photon: from the moment a real browser takes
// a press to the moment it presents the frame whose pixel the press changed,
// through the whole product.
//
// The result is split at two places that the product itself reports for each
// frame: when X had the event, and when the encoded frame went to the network.
// The parts of one press add up to its latency; all clocks are this machine's.
package latency

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// ErrTooFew means that most presses had no visible effect: percentiles of the
// rest would flatter.
var ErrTooFew = errors.New("latency: too many presses had no effect")

// Page is the part of a browser that measuring needs.
type Page interface {
	gimp.Page
	Arm(x, y float64, want browser.Colour) error
	Result(timeout time.Duration) (browser.Sample, error)
}

// Surface is what is pressed on.
type Surface interface {
	// Arm makes ready the i-th press, counted from 0, and says where on the page
	// it goes. The mouse is there already.
	Arm(ctx context.Context, page Page, i int) (x, y float64, err error)
}

// Options of a run.
type Options struct {
	N      int // presses that count
	Warmup int // presses before, that do not
	// Gap is the shortest time between presses; a random time up to as much
	// again is added, so that presses fall on any phase of any clock.
	Gap time.Duration
	// Timeout is how long the pixel may take.
	Timeout time.Duration
}

// hold is how long the button stays down: about a person's click.
const hold = 40 * time.Millisecond

// missedShare is the share of presses that may be without effect.
const missedShare = 0.05

// Run presses and measures. It gives the samples and how many presses (warm-up
// not counted) had no effect in time.
func Run(ctx context.Context, page Page, surface Surface, opts Options) (samples []browser.Sample, missed int, err error) {
	for i := range opts.Warmup + opts.N {
		s, err := press(ctx, page, surface, i, opts.Timeout)
		switch {
		case errors.Is(err, browser.ErrNoChange):
			if i >= opts.Warmup {
				missed++
			}
		case err != nil:
			return samples, missed, fmt.Errorf("latency: press %d: %w", i+1, err)
		case i >= opts.Warmup:
			samples = append(samples, s)
		}
		if float64(missed) > missedShare*float64(opts.N) {
			return samples, missed, fmt.Errorf("%w: %d of %d: %w", ErrTooFew, missed, i+1-opts.Warmup, err)
		}
		if err := pause(ctx, opts.Gap+rand.N(opts.Gap+1)); err != nil {
			return samples, missed, err
		}
	}
	return samples, missed, nil
}

func press(ctx context.Context, page Page, surface Surface, i int, timeout time.Duration) (browser.Sample, error) {
	x, y, err := surface.Arm(ctx, page, i)
	if err != nil {
		return browser.Sample{}, err
	}
	if err := page.Press(x, y); err != nil {
		return browser.Sample{}, err
	}
	if err := pause(ctx, hold); err != nil {
		return browser.Sample{}, err
	}
	if err := page.Release(x, y); err != nil {
		return browser.Sample{}, err
	}
	return page.Result(timeout)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
