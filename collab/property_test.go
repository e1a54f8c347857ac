package collab

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// TestLeaseInvariants throws random joins, leaves, role changes, commands and
// input at an arbiter and checks after each what must always hold.
func TestLeaseInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, now := NewArbiter(), start
		roles := map[string]room.Role{}
		down := false // a button of the present holder is down
		people := rapid.SampledFrom([]string{"ann", "ben", "cyd", "dan"})
		seq := uint32(0)
		before := a.Lease()
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "wait")) * time.Second)
			who := people.Draw(t, "who")
			forced := false
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				r := rapid.SampledFrom([]room.Role{room.Owner, room.Editor, room.Viewer}).Draw(t, "role")
				roles[who] = r
				forced = a.Join(who, r, now) && who == before.Holder
			case 1:
				delete(roles, who)
				forced = a.Leave(who, now) && who == before.Holder
			case 2:
				c := &wire.Control{
					Type: rapid.SampledFrom([]string{wire.ControlRequest, wire.ControlTake, wire.ControlRelease, wire.ControlGrant}).Draw(t, "command"),
					To:   people.Draw(t, "to"),
				}
				changed, err := a.Command(who, c, now)
				if err != nil && (changed || a.Lease().Generation != before.Generation) {
					t.Fatalf("refused %+v changed the lease", c)
				}
				forced = roles[who] == room.Owner || who == before.Holder && c.Type == wire.ControlRelease
			case 3:
				seq++
				gen := before.Generation + uint32(rapid.IntRange(-1, 1).Draw(t, "stale"))
				kind := rapid.SampledFrom([]wire.Kind{wire.ButtonDown, wire.ButtonUp, wire.Move}).Draw(t, "kind")
				err := a.Admit(who, input(gen, seq, wire.Event{Kind: kind, Button: 1}), now)
				if ok := who == before.Holder && gen == before.Generation; ok != (err == nil) {
					t.Fatalf("input of %q at generation %d with lease %+v: %v", who, gen, before, err)
				}
				if err == nil && kind != wire.Move {
					down = kind == wire.ButtonDown
				}
			}
			l := a.Lease()
			if l.Holder != "" && !roles[l.Holder].MayControl() {
				t.Fatalf("%q holds the canvas as %q", l.Holder, roles[l.Holder])
			}
			if (l.Holder != before.Holder) != (l.Generation != before.Generation) || l.Generation < before.Generation {
				t.Fatalf("generation %d -> %d while the holder went %q -> %q", before.Generation, l.Generation, before.Holder, l.Holder)
			}
			if l.Holder != before.Holder {
				if down && !forced {
					t.Fatalf("handed from %q to %q in the middle of a stroke", before.Holder, l.Holder)
				}
				down, seq = false, 0
			}
			if slices.Contains(l.Waiting, l.Holder) || l.Holder == "" && len(l.Waiting) > 0 {
				t.Fatalf("%v wait while %q holds", l.Waiting, l.Holder)
			}
			for _, w := range l.Waiting {
				if !roles[w].MayControl() {
					t.Fatalf("%q waits as %q", w, roles[w])
				}
			}
			before = l
		}
	})
}
