package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxPaced bounds how many are told apart at once.
const maxPaced = 8192

// Pace bounds how fast each of many does something: so many times at once, then
// one each interval.
type Pace struct {
	limit rate.Limit
	burst int

	mu sync.Mutex
	by map[string]*rate.Limiter
}

// NewPace makes a Pace that has seen nobody.
func NewPace(limit rate.Limit, burst int) *Pace {
	return &Pace{limit: limit, burst: burst, by: make(map[string]*rate.Limiter)}
}

// Take says whether somebody may now, and that counts, or else how long to wait
// for it.
func (p *Pace) Take(who string, now time.Time) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.by[who]
	if one == nil {
		if len(p.by) >= maxPaced {
			p.forget(now)
		}
		one = rate.NewLimiter(p.limit, p.burst)
		p.by[who] = one
	}
	next := one.ReserveN(now, 1)
	if wait = next.DelayFrom(now); wait == 0 {
		return 0, true
	}
	next.CancelAt(now)
	return wait, false
}

// Forgive forgets what somebody did.
func (p *Pace) Forgive(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, who)
}

// forget drops those who have been quiet; when nobody has, all.
func (p *Pace) forget(now time.Time) {
	for who, one := range p.by {
		if one.TokensAt(now) >= float64(p.burst) {
			delete(p.by, who)
		}
	}
	if len(p.by) >= maxPaced {
		clear(p.by)
	}
}
