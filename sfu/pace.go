package sfu

import "time"

const (
	// paceFactor is by how much packets may leave faster than the path is
	// thought to carry: a frame is wanted at once, and the estimate is careful.
	paceFactor = 1.5
	// paceBurst is what may leave without any pace, as time at the estimate: a
	// small frame never waits. The bounds are in bytes.
	paceBurst                  = 250 * time.Millisecond
	minPaceBurst, maxPaceBurst = 8 << 10, 64 << 10
	// paceStep is how often a shard looks at viewers whose packets wait.
	paceStep = 2 * time.Millisecond
	// maxBacklog is for how long packets may wait before the viewer is better
	// served by a new start from a keyframe, which itself may take a thin line
	// for a second or two.
	maxBacklog = 3 * time.Second
)

// pace is a leaky bucket that spreads a large frame over the time a thin path
// needs for it, so that the path's queue does not overflow. The zero pace holds
// nothing back.
type pace struct {
	rate   float64 // bytes per second; 0: unbounded
	burst  float64 // bytes
	credit float64 // bytes; negative after a burst
	filled time.Time
	least  int // bits per second that the layers in use take
}

// set follows the estimate, in bits per second, or what the layers in use take
// if that is more: they were chosen, and packets that wait ever longer help
// nobody. It begins without a burst, for the path's queue is full of what made it
// necessary.
func (p *pace) set(estimate int, now time.Time) {
	estimate = max(estimate, p.least)
	burst := min(max(float64(estimate)/8*paceBurst.Seconds(), minPaceBurst), maxPaceBurst)
	if p.rate == 0 {
		p.credit, p.filled = 0, now
	}
	p.rate, p.burst = paceFactor*float64(estimate)/8, burst
}

// open says whether a packet may leave.
func (p *pace) open(now time.Time) bool {
	if p.rate == 0 {
		return true
	}
	if since := now.Sub(p.filled); since > 0 {
		p.credit = min(p.burst, p.credit+since.Seconds()*p.rate)
		p.filled = now
	}
	return p.credit > 0
}

// spend takes a packet's bytes.
func (p *pace) spend(bytes int) {
	if p.rate != 0 {
		p.credit = max(p.credit-float64(bytes), -p.burst)
	}
}
