package capture

import "time"

// pace caps a rate without making the first frames after a pause wait: one
// frame may come early, so that the rest of a change whose first part has just
// been shown need not wait for a slot either. (The generic cell rate algorithm
// with a tolerance of one cell.)
type pace struct {
	interval time.Duration
	next     time.Duration // when the next frame would be due at a steady rate
}

// wait is how long the next frame has to wait.
func (p *pace) wait(now time.Duration) time.Duration {
	return max(0, p.next-p.interval-now)
}

// spend counts a frame.
func (p *pace) spend(now time.Duration) { p.next = max(p.next, now) + p.interval }
