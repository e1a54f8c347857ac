package local

import "time"

// A part may die restartLimit times within restartWindow; a session whose
// parts die faster is given up.
const (
	restartLimit  = 5
	restartWindow = time.Minute
	firstBackoff  = 250 * time.Millisecond
)

// budget counts the deaths of one part.
type budget struct{ deaths []time.Time }

// spend records a death. It returns how long to wait before the restart:
// nothing for the first, then doubling; and false when there have been too
// many.
func (b *budget) spend(now time.Time) (time.Duration, bool) {
	recent := b.deaths[:0]
	for _, t := range b.deaths {
		if now.Sub(t) < restartWindow {
			recent = append(recent, t)
		}
	}
	b.deaths = append(recent, now)
	n := len(b.deaths)
	if n == 1 {
		return 0, true
	}
	return firstBackoff << (n - 2), n < restartLimit
}
