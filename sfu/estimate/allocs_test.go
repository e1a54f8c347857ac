//go:build !race

package estimate

import (
	"testing"
	"time"
)

// round sends 30 packets, 3 of them lost, and reports on them.
func round(e *Estimator, f *Feedback, sequence *uint16, now time.Time) {
	f.Statuses = f.Statuses[:0]
	for i := range 30 {
		*sequence++
		at := now.Add(time.Duration(i) * time.Millisecond)
		e.Sent(Packet{Sequence: *sequence, Bytes: 1200, Sent: at})
		f.Statuses = append(f.Statuses, Status{
			Sequence: *sequence, Received: i%10 != 0, Arrival: time.Duration(at.UnixNano()) % Wrap,
		})
	}
	e.Feedback(now.Add(50*time.Millisecond), f)
	e.NextProbe(now.Add(50 * time.Millisecond))
	e.Advance(now.Add(60 * time.Millisecond))
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	e, f, sequence := New(Defaults(), now), &Feedback{}, uint16(0)
	round(e, f, &sequence, now)
	if n := testing.AllocsPerRun(200, func() {
		now = now.Add(100 * time.Millisecond)
		round(e, f, &sequence, now)
	}); n != 0 {
		t.Errorf("%v allocations per feedback, want none", n)
	}
}

func BenchmarkRound(b *testing.B) {
	now := time.Unix(1_700_000_000, 0)
	e, f, sequence := New(Defaults(), now), &Feedback{}, uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(100 * time.Millisecond)
		round(e, f, &sequence, now)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N*30), "ns/packet")
}
