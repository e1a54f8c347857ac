package capture

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPace(t *testing.T) {
	p := pace{interval: 16 * time.Millisecond}
	now := time.Hour
	var gaps []time.Duration
	for range 4 {
		gaps = append(gaps, p.wait(now))
		now += p.wait(now)
		p.spend(now)
	}
	for i, want := range []time.Duration{0, 0, 16, 16} {
		if gaps[i] != want*time.Millisecond {
			t.Fatalf("waits %v", gaps)
		}
	}
}

// However demand comes, the rate is kept but for one frame.
func TestPaceKeepsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pace{interval: 10 * time.Millisecond}
		now := time.Duration(0)
		var sent []time.Duration
		for _, gap := range rapid.SliceOfN(rapid.IntRange(0, 30), 1, 100).Draw(t, "gaps") {
			now += time.Duration(gap) * time.Millisecond
			if p.wait(now) == 0 {
				p.spend(now)
				sent = append(sent, now)
			}
		}
		for i := range sent {
			for j := i + 1; j < len(sent); j++ {
				if n := j - i + 1; sent[j]-sent[i] < time.Duration(n-2)*p.interval {
					t.Fatalf("%d frames in %v", n, sent[j]-sent[i])
				}
			}
		}
	})
}
