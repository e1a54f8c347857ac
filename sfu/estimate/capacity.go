package estimate

import "time"

const (
	// A run shorter than these says more about jitter than about the link.
	runPackets = 6
	runTime    = 15 * time.Millisecond
	// runLimit cuts a run that does not end, so that a change shows.
	runLimit = 150 * time.Millisecond
	// runSlack is how much later than the one before has left the link a packet
	// may reach it and still count as waiting.
	runSlack = time.Millisecond
	// sampleAge is how long a sample describes the link's present.
	sampleAge = 500 * time.Millisecond
)

// capacity measures the link by runs of packets that waited behind one
// another: while such a run passes, the link is busy, and what comes out is
// its rate. Nothing is assumed about what was sent before or after.
type capacity struct {
	first, last time.Duration // arrivals of the run
	bits        int           // without the first packet's
	packets     int

	sample   float64 // newest, bits per second; 0: none
	sampleAt time.Duration
}

// add takes an acknowledged packet in order of arrival; base is the one-way
// delay of an empty link. It returns a new sample, or 0.
func (c *capacity) add(a ack, base time.Duration) (sample float64) {
	waiting := c.packets > 0 && a.sent <= c.last-base+runSlack
	if !waiting || a.arrival < c.last {
		sample = c.finish()
		c.begin(a)
		return sample
	}
	c.last = a.arrival
	c.bits += a.bytes * 8
	c.packets++
	if c.last-c.first >= runLimit {
		sample = c.finish()
		c.begin(a)
	}
	return sample
}

func (c *capacity) begin(a ack) {
	c.first, c.last, c.bits, c.packets = a.arrival, a.arrival, 0, 1
}

func (c *capacity) finish() float64 {
	took := c.last - c.first
	if c.packets < runPackets || took < runTime {
		return 0
	}
	c.sample, c.sampleAt = float64(c.bits)/took.Seconds(), c.last
	return c.sample
}

// now is the link's rate as last seen, 0 when that is not recent. A run that
// is not over counts when it is long enough.
func (c *capacity) now(arrival time.Duration) float64 {
	if took := c.last - c.first; c.packets >= runPackets && took >= 3*runTime {
		return float64(c.bits) / took.Seconds()
	}
	if arrival-c.sampleAt > sampleAge {
		return 0
	}
	return c.sample
}
