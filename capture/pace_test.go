package capture

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPace(t *testing.T) {
	p := pace{least: 16 * time.Millisecond, interval: 16 * time.Millisecond}
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
		p := pace{least: 10 * time.Millisecond, interval: 10 * time.Millisecond}
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

// Frames that cost much come less often, down to half the rate; those that cost
// little come as often as may be.
func TestPaceFitsTheMachine(t *testing.T) {
	p := newPace(50)
	for _, c := range []struct{ cost, want time.Duration }{
		{time.Millisecond, 20 * time.Millisecond},
		{4 * time.Millisecond, 32 * time.Millisecond},
		{30 * time.Millisecond, 40 * time.Millisecond},
		{time.Millisecond, 20 * time.Millisecond},
	} {
		for range 100 {
			p.took(c.cost)
		}
		if off := p.interval - c.want; off < -time.Millisecond || off > time.Millisecond {
			t.Errorf("every %v when frames take %v, want %v", p.interval, c.cost, c.want)
		}
	}
}
