package collab

import (
	"errors"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

var start = time.Unix(1_700_000_000, 0)

func command(t *testing.T, a *Arbiter, who, what, to string, now time.Time, want error) {
	t.Helper()
	if _, err := a.Command(who, &wire.Control{Type: what, To: to}, now); !errors.Is(err, want) {
		t.Fatalf("%s %s %s: %v, want %v", who, what, to, err, want)
	}
}

func input(gen, seq uint32, kinds ...wire.Event) *wire.Input {
	return &wire.Input{Generation: gen, First: seq, Events: kinds}
}

func TestOwnerHoldsAFreeCanvas(t *testing.T) {
	a := NewArbiter()
	if a.Join("eddy", room.Editor, start) {
		t.Fatal("an editor took the canvas by entering")
	}
	if !a.Join("olga", room.Owner, start) || a.Lease().Holder != "olga" {
		t.Fatalf("the owner entered a free canvas and got %+v", a.Lease())
	}
	command(t, a, "eddy", wire.ControlTake, "", start, ErrBusy)
	command(t, a, "eddy", wire.ControlRequest, "", start, nil)
	if l := a.Lease(); len(l.Waiting) != 1 || l.Waiting[0] != "eddy" {
		t.Fatalf("eddy asked, the line is %v", l.Waiting)
	}
	command(t, a, "olga", wire.ControlRelease, "", start, nil)
	if l := a.Lease(); l.Holder != "eddy" || len(l.Waiting) != 0 || l.Generation != 2 {
		t.Fatalf("olga let go, the lease is %+v", l)
	}
}

func TestAdmitKnowsOnlyTheHolderAndTheGeneration(t *testing.T) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	a.Join("vera", room.Viewer, start)
	gen := a.Lease().Generation
	move := wire.Event{Kind: wire.Move, X: 1, Y: 2}
	for _, c := range []struct {
		who  string
		gen  uint32
		want error
	}{{"olga", gen, nil}, {"vera", gen, ErrNotHolder}, {"", gen, ErrNotHolder}, {"olga", gen - 1, ErrStale}, {"olga", gen + 1, ErrStale}} {
		if err := a.Admit(c.who, input(c.gen, 1, move), start); !errors.Is(err, c.want) {
			t.Errorf("%q at generation %d: %v, want %v", c.who, c.gen, err, c.want)
		}
	}
	command(t, a, "vera", wire.ControlTake, "", start, ErrViewOnly)
	command(t, a, "nobody", wire.ControlTake, "", start, ErrAbsent)
	command(t, a, "olga", "dance", "", start, ErrCommand)
}

func TestNoHandoverInTheMiddleOfAStroke(t *testing.T) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	a.Join("eddy", room.Editor, start)
	a.Join("emma", room.Editor, start)
	command(t, a, "olga", wire.ControlGrant, "eddy", start, nil)
	gen := a.Lease().Generation
	if err := a.Admit("eddy", input(gen, 1, wire.Event{Kind: wire.ButtonDown, Button: 1}), start); err != nil {
		t.Fatal(err)
	}
	later := start.Add(2 * IdleAfter)
	command(t, a, "emma", wire.ControlTake, "", later, ErrBusy)
	command(t, a, "eddy", wire.ControlGrant, "emma", later, ErrMidStroke)
	// A repeated press does not count twice: one release ends the stroke.
	up := input(gen, 1, wire.Event{Kind: wire.ButtonDown, Button: 1}, wire.Event{Kind: wire.ButtonUp, Button: 1})
	if err := a.Admit("eddy", up, later); err != nil {
		t.Fatal(err)
	}
	command(t, a, "emma", wire.ControlTake, "", later, ErrBusy)
	command(t, a, "emma", wire.ControlTake, "", later.Add(IdleAfter), nil)
	command(t, a, "olga", wire.ControlTake, "", later.Add(IdleAfter), nil)
}

func TestHeldKeysAreBounded(t *testing.T) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	gen := a.Lease().Generation
	var err error
	for k := range uint32(2 * MaxHeldKeys) {
		if err = a.Admit("olga", input(gen, k+1, wire.Event{Kind: wire.KeyDown, Keysym: k + 1}), start); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrHeldKeys) {
		t.Fatalf("held more than %d keys: %v", MaxHeldKeys, err)
	}
}

func TestDemotionAndLeavingHandOn(t *testing.T) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	a.Join("eddy", room.Editor, start)
	command(t, a, "eddy", wire.ControlRequest, "", start, nil)
	if !a.Leave("olga", start) || a.Lease().Holder != "eddy" {
		t.Fatalf("the owner left and the first in line got %+v", a.Lease())
	}
	if !a.Join("eddy", room.Viewer, start) || a.Lease().Holder != "" {
		t.Fatalf("a viewer holds the canvas: %+v", a.Lease())
	}
}
