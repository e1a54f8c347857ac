package estimate

import "time"

const (
	// A run shorter than these says more about jitter than about the link.
	runPackets = 6
	runTime    = 15 * time.Millisecond
	// runLimit cuts a run that does not end, so that a change shows.
	runLimit = 150 * time.Millisecond
	// runSure is a run whose length no jitter accounts for: it is believed when
	// it says that the link is slow.
	runSure = 60 * time.Millisecond
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
	run    run
	sure   float64 // of the newest long run, bits per second; 0: none
	sureAt time.Duration
}

type run struct {
	first, last time.Duration // arrivals
	bits        int           // without the first packet's
	packets     int
	pause       time.Duration // longest between two arrivals
	pauseBits   int           // of the packet after it
}

func (r *run) took() time.Duration { return r.last - r.first }

func (r *run) add(a ack) {
	if pause := a.arrival - r.last; pause > r.pause {
		r.pause, r.pauseBits = pause, a.bytes*8
	}
	r.last = a.arrival
	r.bits += a.bytes * 8
	r.packets++
}

// rate leaves the longest pause out: a radio that stood still for a moment and
// then delivered everything at once is not a slow link.
func (r *run) rate() float64 {
	return float64(r.bits-r.pauseBits) / max(r.took()-r.pause, time.Millisecond).Seconds()
}

// add takes an acknowledged packet in order of arrival; base is the one-way
// delay of an empty link. It returns a new sample in bits per second, or 0.
func (c *capacity) add(a ack, base time.Duration) (sample float64) {
	r := &c.run
	waiting := r.packets > 0 && a.sent <= r.last-base+runSlack
	if !waiting || a.arrival < r.last {
		sample = c.finish()
		c.begin(a)
		return sample
	}
	r.add(a)
	if r.took() >= runLimit {
		sample = c.finish()
		c.begin(a)
	}
	return sample
}

func (c *capacity) begin(a ack) { c.run = run{first: a.arrival, last: a.arrival, packets: 1} }

func (c *capacity) finish() float64 {
	if c.run.packets < runPackets || c.run.took() < runTime {
		return 0
	}
	if c.run.took() >= runSure {
		c.sure, c.sureAt = c.run.rate(), c.run.last
	}
	return float64(c.run.bits) / c.run.took().Seconds()
}

// now is the link's rate by the newest long run, 0 when that is not recent. A
// run that is not over counts.
func (c *capacity) now(arrival time.Duration) float64 {
	if c.run.packets >= runPackets && c.run.took() >= runSure {
		return c.run.rate()
	}
	if arrival-c.sureAt > sampleAge {
		return 0
	}
	return c.sure
}
