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
	return run(s, newOurs(s, start), start, func(time.Duration) {})
}

func TestScenarios(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			moments := simulateOurs(s)
			dropAt, backAt := disturbance(s.name)
			t.Log(sum(s, moments, dropAt, backAt))
			if testing.Verbose() {
				for i, m := range moments {
					if i%10 == 0 {
						t.Logf("%5.1f est %8d queued %4d ms delivered %8d", m.at.Seconds(), m.estimate, m.queued.Milliseconds(), m.delivered)
					}
				}
			}
		})
	}
}
