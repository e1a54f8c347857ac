package estimate

import (
	"math"
	"time"
)

// rembQuiet is for how long transport-wide feedback makes REMB superfluous.
const rembQuiet = 2 * time.Second

// REMB takes the receiver's own estimate (draft-alvestrand-rmcat-remb-03), from
// clients that send no transport-wide feedback. Receivers cap what they say by
// what they get, so in silence a low value means nothing: it lowers the
// estimate only when more than half of the estimate is being sent.
func (e *Estimator) REMB(now time.Time, bitsPerSecond float64) {
	at := e.since(now)
	if math.IsNaN(bitsPerSecond) || e.heard && at-e.lastFeedback < rembQuiet {
		return
	}
	told := int(min(max(bitsPerSecond, float64(e.config.Min)), float64(e.config.Max)))
	if told < e.target && e.sentRate.rate(at) < e.target/2 {
		return
	}
	e.set(told)
	e.state = Remote
}
