package inject

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/wire"
)

type applied struct {
	generation, sequence uint32
	kind                 wire.Kind
}

// recorder is a sequencer that writes down what it applies.
func recorder() (*Sequencer, *[]applied) {
	var log []applied
	return NewSequencer(func(at Stamp, e *wire.Event) { log = append(log, applied{at.Generation, at.Sequence, e.Kind}) }), &log
}

// stream is what a sender makes of a run of events: packets for each channel.
// Each packet of moves repeats some of those before it.
func stream(t *rapid.T, generation uint32) (kinds []wire.Kind, lossy, reliable []wire.Input) {
	kinds = rapid.SliceOfN(rapid.SampledFrom([]wire.Kind{wire.Move, wire.Move, wire.Move, wire.ButtonDown, wire.KeyUp}), 1, 60).Draw(t, "kinds")
	barrier, since := uint32(0), 0 // last reliable event; moves after it
	for i, k := range kinds {
		n := uint32(i + 1)
		if k.Reliable() {
			in := wire.Input{Generation: generation, First: n, Barrier: barrier, Events: []wire.Event{{Kind: k}}}
			reliable = append(reliable, in)
			barrier, since = n, 0
			continue
		}
		since++
		repeat := rapid.IntRange(0, min(since-1, 16)).Draw(t, "repeat")
		lossy = append(lossy, wire.Input{
			Generation: generation, First: n - uint32(repeat), Barrier: barrier,
			Events: slices.Repeat([]wire.Event{{Kind: wire.Move}}, repeat+1),
		})
	}
	return kinds, lossy, reliable
}

// deliver interleaves the channels as networks do: the reliable one in order,
// packets possibly twice; the lossy one with losses, repetition and reordering.
func deliver(t *rapid.T, s *Sequencer, lossy, reliable []wire.Input) {
	lossy = rapid.Permutation(lossy).Draw(t, "order")
	for len(lossy)+len(reliable) > 0 {
		if len(lossy) == 0 || len(reliable) > 0 && rapid.Bool().Draw(t, "reliable first") {
			s.Accept(&reliable[0])
			if rapid.Bool().Draw(t, "twice") {
				s.Accept(&reliable[0])
			}
			reliable = reliable[1:]
			continue
		}
		for range rapid.IntRange(0, 2).Draw(t, "copies") {
			s.Accept(&lossy[0])
		}
		lossy = lossy[1:]
	}
}

func TestSequencer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, log := recorder()
		s.Fence(6) // somebody else's, so that 7 begins before our eyes
		s.Fence(7)
		*log = nil
		kinds, lossy, reliable := stream(t, 7)
		deliver(t, s, lossy, reliable)

		previous := uint32(0)
		got := map[uint32]bool{}
		for _, a := range *log {
			if a.generation != 7 || a.sequence <= previous {
				t.Fatalf("%+v after %d", a, previous)
			}
			if kinds[a.sequence-1] != a.kind {
				t.Fatalf("%+v, want kind %d", a, kinds[a.sequence-1])
			}
			previous = a.sequence
			got[a.sequence] = true
		}
		for i, k := range kinds {
			if k.Reliable() && !got[uint32(i+1)] {
				t.Fatalf("reliable event %d was not applied: %v", i+1, *log)
			}
		}
		if s.n != 0 && len(reliable) > 0 {
			for _, h := range s.held[:s.n] {
				if h.Barrier <= s.reliable {
					t.Fatalf("%+v is held for nothing", h)
				}
			}
		}
	})
}

// Whatever arrives, memory stays bounded and nothing is applied twice.
func TestSequencerChaos(t *testing.T) {
	s, log := recorder()
	rapid.Check(t, func(t *rapid.T) {
		*log = (*log)[:0]
		type key struct{ g, n uint32 }
		seen := map[key]bool{}
		base := s.Generation()
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			first := rapid.Uint32Range(1, 300).Draw(t, "first")
			in := wire.Input{
				Generation: base + rapid.Uint32Range(0, 2).Draw(t, "generation"),
				First:      first, Barrier: rapid.Uint32Range(0, first-1).Draw(t, "barrier"),
			}
			for range rapid.IntRange(1, wire.MaxEvents).Draw(t, "events") {
				in.Events = append(in.Events, wire.Event{Kind: rapid.SampledFrom([]wire.Kind{wire.Move, wire.KeyDown}).Draw(t, "kind")})
			}
			s.Accept(&in)
		}
		for _, a := range *log {
			k := key{a.generation, a.sequence}
			if a.sequence > 0 && a.generation > base && seen[k] {
				t.Fatalf("%+v twice", a)
			}
			seen[k] = true
		}
		if s.n > maxHeld {
			t.Fatal(s.n)
		}
		s.Fence(s.Generation() + 3)
	})
}

func packet(generation, first, barrier uint32, kinds ...wire.Kind) *wire.Input {
	in := &wire.Input{Generation: generation, First: first, Barrier: barrier}
	for _, k := range kinds {
		in.Events = append(in.Events, wire.Event{Kind: k})
	}
	return in
}

func TestGenerations(t *testing.T) {
	s, log := recorder()
	s.Accept(packet(3, 1, 0, wire.ButtonDown))
	s.Accept(packet(5, 1, 0, wire.Move))
	s.Accept(packet(3, 2, 1, wire.ButtonUp))
	s.Fence(4)
	s.Fence(9)
	s.Accept(packet(5, 2, 0, wire.Move))
	want := []applied{{0, 0, wire.ReleaseAll}, {3, 1, wire.ButtonDown}, {3, 0, wire.ReleaseAll}, {5, 1, wire.Move}, {5, 0, wire.ReleaseAll}}
	if !slices.Equal(*log, want) || s.Dropped != 2 || s.Generation() != 9 {
		t.Fatalf("%v, %d dropped", *log, s.Dropped)
	}
}

// An agent that starts anew, or lost its connection, takes up a stream halfway.
func TestJoinHalfway(t *testing.T) {
	s, log := recorder()
	s.Fence(4)
	*log = nil
	s.Accept(packet(4, 500, 480, wire.Move))
	s.Accept(packet(4, 501, 480, wire.ButtonDown))
	s.Accept(packet(4, 502, 501, wire.Move))
	want := []applied{{4, 500, wire.Move}, {4, 501, wire.ButtonDown}, {4, 502, wire.Move}}
	if !slices.Equal(*log, want) {
		t.Fatalf("%v", *log)
	}
	*log = nil
	s.Rejoin()
	for i := range uint32(maxHeldJoining) {
		s.Accept(packet(4, 600+i, 590, wire.Move))
	}
	if got := *log; len(got) != 1+maxHeldJoining || got[0].kind != wire.ReleaseAll || got[8].sequence != 607 {
		t.Fatalf("%v", got)
	}
	// A page that was loaded anew counts from 1 again.
	s.Rejoin()
	*log = nil
	s.Accept(packet(4, 1, 0, wire.KeyDown))
	if got := *log; !slices.Equal(got, []applied{{4, 1, wire.KeyDown}}) {
		t.Fatalf("%v", got)
	}
	if s.Resynced != 0 {
		t.Fatal("joining is no loss")
	}
}

func TestReset(t *testing.T) {
	s, log := recorder()
	s.Accept(packet(9, 1, 0, wire.ButtonDown))
	s.Reset()
	s.Fence(1)
	s.Accept(packet(1, 1, 0, wire.KeyDown))
	got := *log
	if n := len(got); s.Generation() != 1 || got[n-1] != (applied{1, 1, wire.KeyDown}) || got[2] != (applied{9, 0, wire.ReleaseAll}) {
		t.Fatalf("%v", got)
	}
}

// Events that are dropped on the way cost those events, not the rest.
func TestMissingReliable(t *testing.T) {
	s, log := recorder()
	s.Accept(packet(1, 1, 0, wire.ButtonDown))
	for i := range uint32(maxHeldReliable) {
		s.Accept(packet(1, 3+i, 2+i, wire.KeyDown)) // 2 never comes
	}
	got := *log
	if len(got) != 2+1+maxHeldReliable || got[2].kind != wire.ReleaseAll || got[6].sequence != 6 || s.Resynced != 1 {
		t.Fatalf("%v", got)
	}
}

func TestHeldMovesStayBounded(t *testing.T) {
	s, log := recorder()
	s.Accept(packet(1, 1, 0, wire.ButtonDown))
	for i := range uint32(3 * maxHeld) {
		s.Accept(packet(1, 3+i, 2, wire.Move))
	}
	if len(*log) != 2 {
		t.Fatalf("%v", *log)
	}
	s.Accept(packet(1, 2, 1, wire.ButtonUp))
	if n := len(*log); n != 3+maxHeld || (*log)[n-1].sequence != 2+3*maxHeld {
		t.Fatalf("%d applied", n)
	}
}

// Whatever bytes arrive, the sequencer's promises hold.
func FuzzInput(f *testing.F) {
	for _, in := range []*wire.Input{
		packet(1, 1, 0, wire.ButtonDown), packet(1, 3, 2, wire.Move, wire.ButtonUp), packet(2, 9, 0, wire.Move), packet(1, 2, 1, wire.Move),
	} {
		for i := range in.Events {
			in.Events[i].Button = 1
		}
		b, err := wire.AppendInput(nil, in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b[:len(b)-1])
		f.Add(b, append([]byte(nil), b...))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		previous := applied{}
		s := NewSequencer(func(at Stamp, e *wire.Event) {
			g, n := at.Generation, at.Sequence
			if n > 0 && (g < previous.generation || g == previous.generation && n <= previous.sequence) {
				t.Fatalf("%d/%d after %+v", g, n, previous)
			}
			if n > 0 {
				previous = applied{g, n, e.Kind}
			}
		})
		var in wire.Input
		for range 40 {
			for _, b := range [][]byte{one, two} {
				if wire.DecodeInput(b, &in) == nil {
					s.Accept(&in)
				}
			}
			if s.n > maxHeld {
				t.Fatal(s.n)
			}
		}
	})
}

func BenchmarkSequencer(b *testing.B) {
	n := 0
	s := NewSequencer(func(Stamp, *wire.Event) { n++ })
	in := packet(1, 1, 0, wire.Move, wire.Move, wire.Move, wire.Move)
	b.ReportAllocs()
	for b.Loop() {
		s.Accept(in)
		in.First++
	}
}
