package sfu

import "time"

// A viewer's requests for keyframes cost every other viewer bandwidth, so each
// request that follows another soon waits twice as long.
const (
	pleaSpacing    = 500 * time.Millisecond
	maxPleaSpacing = 8 * time.Second
	pleaForgotten  = 10 * time.Second // without a request the spacing is the first again
)

// pleas throttles a viewer's requests. The zero value has heard none.
type pleas struct {
	granted time.Time
	spacing time.Duration
}

// grant says whether a request now is passed on.
func (p *pleas) grant(now time.Time) bool {
	since := now.Sub(p.granted)
	switch {
	case p.granted.IsZero() || since >= pleaForgotten:
		p.spacing = pleaSpacing
	case since < p.spacing:
		return false
	default:
		p.spacing = min(2*p.spacing, maxPleaSpacing)
	}
	p.granted = now
	return true
}
