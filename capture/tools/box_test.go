package tools

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeGIMP has one tool state.
type fakeGIMP struct {
	state, which string
	asked        int
	busy         bool
}

func (g *fakeGIMP) exchange(_ context.Context, want string) (before, which string, err error) {
	g.asked++
	before = g.state
	if want != "" {
		g.state = want
	}
	return before, g.which, nil
}

func (g *fakeGIMP) heed(context.Context) error {
	if g.busy {
		return errors.New("busy")
	}
	return nil
}

func (g *fakeGIMP) box() *Box { return newBox(g.heed, g.exchange, slog.New(slog.DiscardHandler)) }

func TestEverybodyHasTheirOwn(t *testing.T) {
	g := &fakeGIMP{state: "first", which: "1"}
	b := g.box()
	b.Pass("ann", false)
	if g.asked > 0 {
		t.Error("GIMP was asked for the sake of somebody who is alone")
	}
	g.state = "red"
	b.Pass("ben", false)
	if g.state != "red" {
		t.Errorf("ben begins with %q, not with what he found", g.state)
	}
	g.state = "blue"
	for range 3 {
		b.Pass("ann", false)
		if g.state != "red" {
			t.Errorf("ann has %q", g.state)
		}
		b.Pass("ann", false)
		b.Pass("ben", false)
		if g.state != "blue" {
			t.Errorf("ben has %q", g.state)
		}
	}
	// Shared: what is set stays, and belongs to who drew last.
	b.Pass("ann", true)
	b.Pass("cyd", true)
	if g.state != "blue" {
		t.Errorf("the shared state became %q", g.state)
	}
	g.state = "green"
	b.Pass("ann", false)
	if g.state != "red" || b.own["cyd"] != "green" {
		t.Errorf("ann has %q, of %v", g.state, b.own)
	}
}

// A GIMP that was started anew, or that did not answer, has nobody's tools.
func TestWhatIsNobodysIsNotRemembered(t *testing.T) {
	g := &fakeGIMP{state: "red", which: "1"}
	b := g.box()
	b.Pass("ann", false)
	b.Pass("ben", false)
	g.state = "blue"
	b.Pass("ann", false)
	g.state, g.which = "as it starts", "2"
	b.Pass("ben", false)
	if b.own["ann"] != "red" || g.state != "blue" {
		t.Errorf("%v, set is %q", b.own, g.state)
	}
	g.busy = true
	b.Pass("ann", false)
	g.busy = false
	b.Pass("ben", false)
	if b.own["ann"] != "red" || b.own["ben"] != "blue" {
		t.Errorf("%v", b.own)
	}
}

func TestOnlySoManyAreRemembered(t *testing.T) {
	g := &fakeGIMP{state: "red", which: "1"}
	b := g.box()
	for i := range 3 * maxPeople {
		b.Pass(fmt.Sprint(i), false)
		b.Pass("ann", false)
	}
	if len(b.own) != maxPeople || len(b.order) != maxPeople || b.own["ann"] == "" {
		t.Errorf("%d and %d", len(b.own), len(b.order))
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte("gimp 7\nforeground 1 0 0 1\n\n"))
	f.Add([]byte("gimp 7\n\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		state, which, err := readAnswer(answer)
		if err != nil {
			return
		}
		again, same, err := readAnswer([]byte("gimp " + which + "\n" + state + "\n"))
		if err != nil || again != state || same != which {
			t.Errorf("%q became %q, %q (%v)", answer, again, same, err)
		}
	})
}
