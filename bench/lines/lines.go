package lines

import (
	"time"

	"github.com/easel-live/easel/bench/relay"
)

// Line is what happens to one viewer: after a while on a perfect line it becomes
// bad, and after Bad it is as it was.
type Line struct {
	Name     string
	Up, Down relay.Conditions
	Bad      time.Duration
	// Before and after, when the good line has a limit of its own.
	Good relay.Conditions
	// Capacity is the bad line's, in bits per second; 0: unlimited.
	Capacity int
}

// bad is how long most lines are bad.
const bad = 15 * time.Second

// All are the lines of the table.
func All() []Line {
	limited := func(rate int) relay.Conditions {
		// 300 ms of queue: what access lines have, more or less.
		return relay.Conditions{Rate: rate, Queue: max(rate/8*300/1000, 16<<10), Delay: 10 * time.Millisecond}
	}
	delay := relay.Conditions{Delay: 100 * time.Millisecond}
	nothing := relay.Conditions{Loss: 1}
	return []Line{
		{Name: "perfect", Bad: bad},
		{Name: "5% loss", Down: relay.Conditions{Loss: 0.05}, Up: relay.Conditions{Loss: 0.05}, Bad: bad},
		{Name: "300 kb/s", Down: limited(300_000), Up: limited(300_000), Bad: bad, Capacity: 300_000},
		{Name: "200 ms round trip", Down: delay, Up: delay, Bad: bad},
		{Name: "2 s outage", Down: nothing, Up: nothing, Bad: 2 * time.Second},
		{Name: "5 → 1 → 5 Mb/s", Good: limited(5_000_000), Down: limited(1_000_000), Up: limited(1_000_000), Bad: bad, Capacity: 1_000_000},
	}
}
