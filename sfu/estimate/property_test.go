package estimate

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestInvariants sends, reports, lies, waits and probes at random.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := Config{
			Min:   rapid.IntRange(-10, 200_000).Draw(t, "min"),
			Max:   rapid.IntRange(100_000, 50_000_000).Draw(t, "max"),
			Start: rapid.IntRange(0, 60_000_000).Draw(t, "start"),
		}
		now := time.Unix(1_700_000_000, 0)
		e := New(config, now)
		config = config.sane()
		var f Feedback
		sequence := rapid.Uint16().Draw(t, "sequence")
		unheard := make(map[uint16]bool) // sent, and not acknowledged
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			before := e.Estimate().BitsPerSecond
			mayGrow := false
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				for range rapid.IntRange(1, 40).Draw(t, "packets") {
					sequence++
					unheard[sequence] = true
					e.Sent(Packet{Sequence: sequence, Bytes: rapid.IntRange(-1, 70_000).Draw(t, "bytes"), Sent: now, Probe: rapid.Uint8Range(0, 3).Draw(t, "probe")})
				}
			case 3, 4, 5:
				f.Statuses = f.Statuses[:0]
				from := sequence - rapid.Uint16Range(0, 60).Draw(t, "back")
				arrival := time.Duration(rapid.Int64Range(0, int64(Wrap)-1).Draw(t, "arrival"))
				if rapid.Bool().Draw(t, "honest clock") {
					arrival = time.Duration(now.UnixNano()) % Wrap
				}
				for i := range rapid.Uint16Range(0, 80).Draw(t, "statuses") {
					arrival += time.Duration(rapid.Int64Range(-8_000_000, 30_000_000).Draw(t, "delta"))
					s := Status{Sequence: from + i, Received: rapid.Bool().Draw(t, "received"), Arrival: arrival}
					f.Statuses = append(f.Statuses, s)
					if s.Received {
						mayGrow = mayGrow || unheard[s.Sequence]
						delete(unheard, s.Sequence)
					}
				}
				e.Feedback(now, &f)
			case 6:
				e.REMB(now, rapid.OneOf(rapid.Float64Range(-1e12, 1e12), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})).Draw(t, "remb"))
				mayGrow = true // the client's own word, not ours
			case 7:
				if p, ok := e.NextProbe(now); ok {
					if p.ID == 0 || p.BitsPerSecond > config.Max || p.BitsPerSecond <= before/2 || p.Bytes < p.Packets {
						t.Fatalf("probe %+v at %d", p, before)
					}
					if e.Estimate().BitsPerSecond > before {
						t.Fatal("a probe raised the estimate before its answer")
					}
				}
				mayGrow = e.Estimate().State != Starting // the answers of a probe that timed out
			case 8:
				e.Want(rapid.IntRange(-1, 100_000_000).Draw(t, "wanted"))
			case 9:
				e.Advance(now)
				mayGrow = true // as above
			}
			now = now.Add(time.Duration(rapid.Int64Range(-int64(time.Millisecond), int64(3*time.Second)).Draw(t, "passed")))
			after := e.Estimate().BitsPerSecond
			if after < config.Min || after > config.Max {
				t.Fatalf("%d is not within %d and %d", after, config.Min, config.Max)
			}
			if after > before && !mayGrow {
				t.Fatalf("%d became %d without an acknowledgement", before, after)
			}
			_ = e.Estimate().State.String()
		}
	})
}

// TestNothingGrowsWithoutTraffic: feedback about packets that were never sent,
// and time, change nothing.
func TestNothingGrowsWithoutTraffic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		e := New(Defaults(), now)
		f := Feedback{}
		for i := range rapid.IntRange(1, 50).Draw(t, "feedbacks") {
			f.Statuses = append(f.Statuses, Status{Sequence: rapid.Uint16().Draw(t, "sequence"), Received: true, Arrival: time.Duration(i) * time.Millisecond})
			now = now.Add(100 * time.Millisecond)
			e.Feedback(now, &f)
			e.Advance(now)
			e.NextProbe(now)
		}
		if got := e.Estimate().BitsPerSecond; got != Defaults().Start {
			t.Fatalf("%d became %d", Defaults().Start, got)
		}
	})
}
