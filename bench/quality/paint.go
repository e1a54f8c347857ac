package quality

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gimp"
)

// painter draws stroke after stroke in the background. While it is held the hand
// rests where it is, button down and all.
type painter struct {
	cost.Hand
	gate sync.Mutex
	stop context.CancelFunc
	done chan error
}

// long is more than any measurement paints.
const long = time.Hour

// paint begins to draw within the places given.
func paint(ctx context.Context, hand cost.Hand, spots []gimp.Spot) *painter {
	ctx, stop := context.WithCancel(ctx)
	p := &painter{Hand: hand, stop: stop, done: make(chan error, 1)}
	go func() { p.done <- cost.Draw(ctx, p, spots, long) }()
	return p
}

// Move waits while the painter is held.
func (p *painter) Move(x, y float64, held bool) error {
	p.gate.Lock()
	defer p.gate.Unlock()
	return p.Hand.Move(x, y, held)
}

// Press waits while the painter is held.
func (p *painter) Press(x, y float64) error {
	p.gate.Lock()
	defer p.gate.Unlock()
	return p.Hand.Press(x, y)
}

// Release waits while the painter is held.
func (p *painter) Release(x, y float64) error {
	p.gate.Lock()
	defer p.gate.Unlock()
	return p.Hand.Release(x, y)
}

// end stops drawing and waits; the painter must not be held.
func (p *painter) end() error {
	p.stop()
	if err := <-p.done; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
