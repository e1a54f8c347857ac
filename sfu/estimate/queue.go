package estimate

import (
	"math"
	"time"
)

// baseWindow is how long the lowest one-way delay counts. Twice as long a
// change of route, or another's standing queue, is taken for congestion.
const baseWindow = 10 * time.Second

// queue measures how long packets wait on the way. The clocks of both sides
// differ by an unknown constant, and drift by microseconds per second, so only
// the difference to the lowest delay of the last 10 to 20 s means anything.
type queue struct {
	current, previous time.Duration // lowest one-way delays
	turned            time.Duration
}

func newQueue() queue { return queue{current: math.MaxInt64, previous: math.MaxInt64} }

// delay is the packet's time in queues.
func (q *queue) delay(a ack) time.Duration {
	d := a.arrival - a.sent
	if a.sent-q.turned > baseWindow {
		q.previous, q.current, q.turned = q.current, d, a.sent
	}
	q.current = min(q.current, d)
	return d - q.base()
}

func (q *queue) base() time.Duration { return min(q.current, q.previous) }

// forget takes the present delay as the new base: lowering the rate did not
// lower the delay, so it is the way that became longer.
func (q *queue) forget(delay time.Duration) {
	q.current = q.base() + delay
	q.previous = q.current
}
