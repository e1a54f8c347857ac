package sfu

import "time"

// bucket bounds what somebody may cause: so many a second, and a burst.
type bucket struct {
	level  float64
	filled time.Time
}

// take says whether there is one more, and takes it. The first call finds the
// bucket full.
func (b *bucket) take(now time.Time, perSecond, burst float64) bool {
	if b.filled.IsZero() {
		b.level = burst
	} else if since := now.Sub(b.filled); since > 0 {
		b.level = min(burst, b.level+since.Seconds()*perSecond)
	}
	b.filled = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
