package capture

import "time"

const (
	// An encoder gets one part in so many of a core while something moves on and
	// on. More frames than that cost everybody on the machine something, and the
	// eye gains nothing.
	encoderShare = 8
	// slowest is by how much that may lower the frame rate.
	slowest = 2
)

// pace caps a rate without making the first frames after a pause wait: one
// frame may come early, so that the rest of a change whose first part has just
// been shown need not wait for a slot either. (The generic cell rate algorithm
// with a tolerance of one cell.)
type pace struct {
	least    time.Duration // between frames at a steady rate, however cheap they are
	interval time.Duration // between frames as they are
	next     time.Duration // when the next frame would be due at a steady rate
}

func newPace(fps int) pace {
	least := time.Second / time.Duration(fps)
	return pace{least: least, interval: least}
}

// wait is how long the next frame has to wait.
func (p *pace) wait(now time.Duration) time.Duration {
	return max(0, p.next-p.interval-now)
}

// spend counts a frame.
func (p *pace) spend(now time.Duration) { p.next = max(p.next, now) + p.interval }

// took learns what frames cost: a machine under load, or large changes, lower
// the rate.
func (p *pace) took(d time.Duration) {
	fits := min(max(encoderShare*d, p.least), slowest*p.least)
	p.interval += (fits - p.interval) / 8
}
