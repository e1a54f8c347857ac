package estimate

import (
	"math"
	"time"
)

const (
	// standing is a queue that every packet of a feedback waited in; empty is
	// one that nobody feels.
	standing, empty = 80 * time.Millisecond, 25 * time.Millisecond
	// felt is a queue that never emptied: less may be jitter.
	felt = 6 * time.Millisecond
	// deep is a queue worth a visible sacrifice.
	deep = 200 * time.Millisecond
	// reaction is what the receiver and the sender's schedule add to the round
	// trip before a change of rate shows (draft-ietf-rmcat-gcc-02 section 5.5).
	reaction = 100 * time.Millisecond
	// safe is the share of the link's rate that is used when it is known.
	safe = 0.95
	// collapse is the share of the target below which one busy moment tells.
	collapse = 0.7
	// rise per second: in the search for the link's rate, and near it.
	riseFar, riseStart = 1.15, 2.0
	// linkAge is how long the rate at which the link was full is of interest.
	linkAge = 30 * time.Second
	// ahead is by how much the estimate may exceed what arrives when it grows,
	// and aheadLossy when packets get lost.
	ahead, aheadLossy = 1.5, 1.1
	// stallAfter is when missing feedback means something.
	stallAfter   = time.Second
	stallPackets = 8
)

// control moves the estimate.
type control struct {
	target int
	state  State
	cut    bool // it was lowered before

	lastCut  time.Duration
	lastStep time.Duration
	low      time.Duration // least queueing delay in the newest feedback

	link   float64 // bits per second when it was last full
	linkAt time.Duration

	futileAt  time.Duration // last look at a queue that does not shrink
	futileLow time.Duration
	futile    int

	waiting      int // packets sent since the last feedback
	waitingSince time.Duration
	lastSent     time.Duration
	halvings     int // by which the output is lowered while stalled
}

// observed is what one feedback said.
type observed struct {
	at        time.Duration // sender's clock
	over      bool          // the queue grew too fast
	low, high time.Duration // least and most queueing delay
	acked     int           // bits per second that arrived
	sending   int           // bits per second that were sent
	link      float64       // bits per second while it was busy, 0: not seen
	sample    float64       // a new measurement of that, 0: none
	factor    float64       // by which loss wants the rate lowered
	lossy     bool          // growth must not run ahead
	roundTrip time.Duration
}

// collapsed says that the link turned out far slower than thought, which shows
// within one burst, before any trend does.
func (o observed) collapsed(target int) bool {
	return o.link > 0 && o.link < collapse*float64(target) && o.high > standing
}

// output is the estimate as it is told: lower than the target while a queue
// has to drain or nothing is heard.
func (c *control) output() int {
	switch {
	case c.state == Stalled:
		return c.target >> min(c.halvings, 30)
	case c.state == Draining && c.low > deep:
		return c.target / 2
	case c.state == Draining:
		return c.target * 3 / 4
	default:
		return c.target
	}
}

// step takes a feedback that acknowledged something.
func (c *control) step(o observed) (lowered bool) {
	elapsed := min(o.at-c.lastStep, 200*time.Millisecond)
	c.lastStep, c.low = o.at, o.low
	if c.state == Stalled || c.state == Starting || c.state == Remote {
		c.state = Growing
	}
	ready := o.at-c.lastCut >= o.roundTrip+reaction || !c.cut
	switch {
	case o.factor < 1 && ready:
		return c.lowerForLoss(o)
	case (o.over && o.low > felt || o.low > standing || o.collapsed(c.target)) && ready && c.lowerForDelay(o):
		return true
	}
	c.recover(o)
	if c.state == Growing && !o.over && o.low < empty {
		c.grow(o, elapsed)
	}
	return false
}

func (c *control) lowerForLoss(o observed) bool {
	to := float64(c.target) * o.factor
	if o.acked > c.target/2 {
		to = max(to, safe*float64(o.acked))
	}
	c.lower(o.at, to, Lossy)
	return true
}

// lowerForDelay goes down to what the link carries. When that was not seen,
// little is being sent, and the queue is not of our making.
func (c *control) lowerForDelay(o observed) bool {
	link := o.link
	if link == 0 && o.acked > c.target/2 {
		link = float64(o.acked)
	}
	switch {
	case link == 0:
		return false
	case link*safe < float64(c.target):
		c.link, c.linkAt = link, o.at
		c.lower(o.at, link*safe, Draining)
		return true
	case o.over && o.sending > c.target*4/5 && c.state != Draining:
		c.lower(o.at, 0.9*float64(c.target), Draining)
		return true
	case o.low > standing:
		c.state = Draining
	}
	return false
}

func (c *control) lower(at time.Duration, to float64, why State) {
	c.target = min(c.target, int(to))
	c.lastCut, c.cut, c.state = at, true, why
}

// recover ends the states that wait for something.
func (c *control) recover(o observed) {
	switch {
	case c.state == Draining && o.low < empty:
		c.state = Growing
	case c.state == Lossy && o.factor == 1 && o.at-c.lastCut > lossWindow:
		c.state = Growing
	}
}

// grow raises the target: quickly in the search for the link's rate, by a
// packet per round trip near it, and never far beyond what arrives.
func (c *control) grow(o observed, elapsed time.Duration) {
	target := float64(c.target)
	if usable := probeSafe * o.sample; usable > target {
		// A burst of media is as good as a probe, but jitter may flatter one.
		c.target = int(target + (min(usable, 2*target)-target)/2)
		return
	}
	var next float64
	known := c.link > 0 && o.at-c.linkAt < linkAge
	switch {
	case known && target > 0.8*c.link && target < 1.2*c.link:
		next = target + 1200*8*elapsed.Seconds()/(o.roundTrip+reaction).Seconds()
	case c.cut:
		next = target * math.Pow(riseFar, elapsed.Seconds())
	default:
		next = target * math.Pow(riseStart, elapsed.Seconds())
	}
	limit := ahead
	if o.lossy {
		limit = aheadLossy
	}
	c.target = max(c.target, int(min(next, limit*float64(o.acked))))
}

// unmoved says that a standing queue did not shrink in three seconds though
// the rate was lowered: then it is the way that is longer.
func (c *control) unmoved(at, low time.Duration) bool {
	if low <= standing {
		c.futile, c.futileLow = 0, 0
		return false
	}
	if at-c.futileAt < time.Second {
		return false
	}
	if c.futileLow > 0 && low > c.futileLow*9/10 {
		c.futile++
	} else {
		c.futile = 0
	}
	c.futileAt, c.futileLow = at, low
	return c.futile >= 3
}

// stall halves the output for every second in which packets are sent and
// nothing is heard. The target is kept for when it is.
func (c *control) stall(roundTrip time.Duration) {
	if c.waiting < stallPackets || c.state == Starting || c.state == Remote {
		return
	}
	if silent := c.lastSent - c.waitingSince - 2*roundTrip; silent > stallAfter {
		c.state, c.halvings = Stalled, int(silent/stallAfter)
	}
}
