package heed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a press waits. A program that does not answer for longer is
// busy with something else, and what is pressed meanwhile may well be lost on it.
const patience = 5 * time.Second

// Gate holds presses back until the program has come to the releases before them.
// It asks when a button is let go of, not when one is pressed, so that a press
// rarely finds it closed. Wait and Released are called by one goroutine.
type Gate struct {
	heed     func(context.Context) error
	patience time.Duration
	ctx      context.Context // until Close
	end      context.CancelFunc

	heeded <-chan struct{} // closed: of the last release is known whether it was heeded
	deaf   atomic.Bool     // no answer came in time: nothing waits until one comes
	asking sync.WaitGroup
}

// NewGate returns an open gate; heed waits until the program has acted on all that
// was played.
func NewGate(heed func(context.Context) error) *Gate {
	g := &Gate{heed: heed, patience: patience}
	g.ctx, g.end = context.WithCancel(context.Background())
	return g
}

// Close opens the gate for good.
func (g *Gate) Close() {
	g.end()
	g.asking.Wait()
}

// Released is told that the display has the release of a button.
func (g *Gate) Released() {
	if g.deaf.Load() && !g.open() {
		return // one question at a time is enough to notice that it is back
	}
	heeded := make(chan struct{})
	g.heeded = heeded
	g.asking.Go(func() {
		defer close(heeded)
		ctx, cancel := context.WithTimeout(g.ctx, g.patience)
		defer cancel()
		err := g.heed(ctx)
		g.deaf.Store(err != nil && ctx.Err() != nil)
	})
}

// Wait returns when a button may be pressed.
func (g *Gate) Wait() {
	if g.open() || g.deaf.Load() {
		return
	}
	<-g.heeded
}

func (g *Gate) open() bool {
	if g.heeded == nil {
		return true
	}
	select {
	case <-g.heeded:
		return true
	default:
		return false
	}
}
