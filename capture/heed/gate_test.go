package heed

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// busy is a program that answers when it is told to.
type busy struct{ answers chan struct{} }

func (b busy) heed(ctx context.Context) error {
	select {
	case <-b.answers:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAPressWaitsForTheReleaseBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := busy{make(chan struct{})}
		g := NewGate(b.heed)
		defer g.Close()
		began := time.Now()
		g.Wait() // nothing was released
		g.Released()
		go func() {
			time.Sleep(time.Second)
			b.answers <- struct{}{}
		}()
		g.Wait()
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("a press waited for %v", waited)
		}
		g.Wait()
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("a press with nothing released since waited for %v", waited)
		}
	})
}

// A program that hangs holds up one press, not each of them.
func TestAProgramThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := busy{make(chan struct{})}
		g := NewGate(b.heed)
		defer g.Close()
		began := time.Now()
		g.Released()
		g.Wait()
		for range 10 {
			g.Released()
			g.Wait()
		}
		if waited := time.Since(began); waited != patience {
			t.Errorf("presses waited for %v", waited)
		}
		b.answers <- struct{}{} // it is back
		synctest.Wait()
		g.Released()
		go func() {
			time.Sleep(time.Second)
			b.answers <- struct{}{}
		}()
		g.Wait()
		if waited := time.Since(began); waited != patience+time.Second {
			t.Errorf("with the press after it came back, presses waited for %v", waited)
		}
	})
}

func TestAClosedGateHoldsNobodyBack(t *testing.T) {
	g := NewGate(busy{make(chan struct{})}.heed)
	g.Released()
	done := make(chan struct{})
	go func() { defer close(done); g.Wait() }()
	g.Close()
	<-done
}
