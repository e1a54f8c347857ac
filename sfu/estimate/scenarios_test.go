package estimate

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

const mbit = 1_000_000

func constant(v float64) func(time.Duration) float64 { return func(time.Duration) float64 { return v } }
func upTo(v int) func(time.Duration) int             { return func(time.Duration) int { return v } }

func during(from, to, t time.Duration) bool { return t >= from && t < to }

// scenarios are the links that the estimate is judged on.
func scenarios() []scenario {
	const s = time.Second
	base := scenario{lasts: 60 * s, capacity: constant(5 * mbit), delay: 20 * time.Millisecond, media: upTo(20 * mbit), wanted: 20 * mbit}
	with := func(name string, change func(*scenario)) scenario {
		n := base
		n.name = name
		change(&n)
		return n
	}
	return []scenario{
		with("5 Mb/s", func(*scenario) {}),
		with("5% loss", func(n *scenario) { n.loss = 0.05 }),
		with("15 ms jitter", func(n *scenario) { n.jitter = 15 * time.Millisecond }),
		with("200 ms RTT", func(n *scenario) { n.delay = 100 * time.Millisecond }),
		with("300 kb/s", func(n *scenario) { n.capacity = constant(300_000) }),
		with("5-1-5 Mb/s", func(n *scenario) {
			n.capacity = func(t time.Duration) float64 {
				if during(20*s, 40*s, t) {
					return mbit
				}
				return 5 * mbit
			}
		}),
		with("2 s outage", func(n *scenario) {
			n.capacity = func(t time.Duration) float64 {
				if during(20*s, 22*s, t) {
					return 0
				}
				return 5 * mbit
			}
		}),
		with("30 s silence", func(n *scenario) {
			n.media = func(t time.Duration) int {
				if during(20*s, 50*s, t) {
					return 0
				}
				return 20 * mbit
			}
		}),
		with("20% loss", func(n *scenario) { n.loss = 0.2 }),
		// What exceeds the rate is lost at once, and nothing waits.
		with("policed 2 Mb/s", func(n *scenario) {
			n.capacity, n.buffer, n.paced = constant(2*mbit), 5*time.Millisecond, true
		}),
		with("small layer", func(n *scenario) { n.media, n.wanted = upTo(500_000), 3*mbit }),
	}
}

// figures sum a simulation up.
type figures struct {
	converged time.Duration // until the estimate is at least 80% of the link's rate; -1: never
	used      float64       // share of the link delivered in the last third
	p95, max  time.Duration // queueing delay
	drained   time.Duration // after the drop, until the queue is below 50 ms
	recovered time.Duration // after the disturbance, until at least 80% again
	lowest    int           // estimate in the disturbance
	final     int
}

func sum(s scenario, moments []moment, dropAt, backAt time.Duration) figures {
	f := figures{converged: -1, drained: -1, recovered: -1, lowest: math.MaxInt}
	var queues []time.Duration
	var delivered, possible float64
	for _, m := range moments {
		share := float64(m.estimate) / min(s.capacity(m.at), float64(s.wanted))
		if f.converged < 0 && share >= 0.8 {
			f.converged = m.at
		}
		if dropAt > 0 && m.at > dropAt+500*time.Millisecond && f.drained < 0 && m.queued < 50*time.Millisecond {
			f.drained = m.at - dropAt
		}
		if backAt > 0 && m.at >= backAt && f.recovered < 0 && share >= 0.8 {
			f.recovered = m.at - backAt
		}
		if during(dropAt, backAt, m.at) {
			f.lowest = min(f.lowest, m.estimate)
		}
		if m.at > s.lasts*2/3 {
			delivered += float64(m.delivered)
			possible += s.capacity(m.at)
		}
		queues = append(queues, m.queued)
		f.final = m.estimate
	}
	slices.Sort(queues)
	f.used, f.p95, f.max = delivered/possible, queues[len(queues)*95/100], queues[len(queues)-1]
	return f
}

func disturbance(name string) (dropAt, backAt time.Duration) {
	switch name {
	case "300 kb/s":
		return time.Millisecond, 0
	case "5-1-5 Mb/s":
		return 20 * time.Second, 40 * time.Second
	case "2 s outage":
		return 20 * time.Second, 22 * time.Second
	case "30 s silence":
		return 20 * time.Second, 50 * time.Second
	default:
		return 0, 0
	}
}

func (f figures) String() string {
	t := func(d time.Duration) string {
		if d < 0 {
			return "   never"
		}
		return fmt.Sprintf("%6.1f s", d.Seconds())
	}
	lowest := "     -"
	if f.lowest < math.MaxInt {
		lowest = fmt.Sprintf("%6.2f", float64(f.lowest)/mbit)
	}
	return fmt.Sprintf("80%% after %s, used %3.0f%%, queue p95 %4d ms max %4d ms, drained %s, recovered %s, lowest %s, last %5.2f Mb/s",
		t(f.converged), 100*f.used, f.p95.Milliseconds(), f.max.Milliseconds(), t(f.drained), t(f.recovered), lowest, float64(f.final)/mbit)
}

func simulateOurs(s scenario) []moment {
	start := time.Unix(1_700_000_000, 0)
	return simulate(s, newOurs(s, start), start, func(time.Duration) {})
}

// TestScenarios holds the figures that the estimator exists for; TestAgainstPion
// prints them.
func TestScenarios(t *testing.T) {
	limits := map[string]figures{
		"5 Mb/s":         {converged: time.Second, used: 0.9, p95: 80 * time.Millisecond},
		"5% loss":        {converged: time.Second, used: 0.85, p95: 80 * time.Millisecond},
		"15 ms jitter":   {converged: 2 * time.Second, used: 0.8, p95: 80 * time.Millisecond},
		"200 ms RTT":     {converged: 2 * time.Second, used: 0.85, p95: 100 * time.Millisecond},
		"300 kb/s":       {converged: time.Second, used: 0.85, p95: 200 * time.Millisecond, drained: 4 * time.Second},
		"5-1-5 Mb/s":     {converged: time.Second, used: 0.7, p95: 150 * time.Millisecond, drained: 4 * time.Second, recovered: 5 * time.Second},
		"2 s outage":     {converged: time.Second, used: 0.9, p95: 80 * time.Millisecond, recovered: 2 * time.Second},
		"30 s silence":   {converged: time.Second, p95: 80 * time.Millisecond, recovered: time.Second, lowest: 4 * mbit},
		"20% loss":       {converged: 5 * time.Second, used: 0.6, p95: 80 * time.Millisecond},
		"policed 2 Mb/s": {converged: 5 * time.Second, used: 0.7, p95: 20 * time.Millisecond},
		"small layer":    {converged: time.Second, p95: 20 * time.Millisecond, lowest: 0},
	}
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			dropAt, backAt := disturbance(s.name)
			limit, ok := limits[s.name]
			if !ok {
				t.Fatal("no limits")
			}
			late := func(d, most time.Duration) bool { return most > 0 && (d < 0 || d > most) }
			for s.seed = range uint64(3) {
				f := sum(s, simulateOurs(s), dropAt, backAt)
				if late(f.converged, limit.converged) || late(f.drained, limit.drained) || late(f.recovered, limit.recovered) ||
					f.used < limit.used || f.p95 > limit.p95 || f.lowest < limit.lowest {
					t.Errorf("seed %d: %v", s.seed, f)
				}
			}
		})
	}
}

// TestSilenceKeepsTheEstimate: not a bit less after an hour without media.
func TestSilenceKeepsTheEstimate(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	s := scenarios()[0]
	s.lasts = 10 * time.Second
	o := newOurs(s, start)
	simulate(s, o, start, func(time.Duration) {})
	before := o.e.Estimate().BitsPerSecond
	o.e.Want(before)
	for at := s.lasts; at < time.Hour; at += 50 * time.Millisecond {
		now := start.Add(at)
		o.e.Advance(now)
		if p, ok := o.e.NextProbe(now); ok {
			t.Fatalf("probe %+v for more than is wanted", p)
		}
	}
	if after := o.e.Estimate().BitsPerSecond; after != before {
		t.Errorf("%d became %d", before, after)
	}
}
