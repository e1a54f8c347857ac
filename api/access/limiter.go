package access

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Guessing passwords: so many attempts at once, then one each interval, from
// one address; and a bound for all addresses together.
const (
	guessBurst    = 10
	guessInterval = 6 * time.Second
	guessAllRate  = 5 // per second
	guessAllBurst = 50
	maxAddresses  = 4096
)

// Limiter slows down who guesses passwords.
type Limiter struct {
	mu  sync.Mutex
	all *rate.Limiter
	by  map[netip.Prefix]*rate.Limiter
}

// NewLimiter makes a Limiter that has seen nobody.
func NewLimiter() *Limiter {
	return &Limiter{all: rate.NewLimiter(guessAllRate, guessAllBurst), by: make(map[netip.Prefix]*rate.Limiter)}
}

// Attempt says whether an address may try now, or else how long to wait.
func (l *Limiter) Attempt(from netip.Addr, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.all.AllowN(now, 1) {
		return time.Second, false
	}
	one := l.by[network(from)]
	if one == nil {
		if len(l.by) >= maxAddresses {
			l.forget(now)
		}
		one = rate.NewLimiter(rate.Every(guessInterval), guessBurst)
		l.by[network(from)] = one
	}
	if !one.AllowN(now, 1) {
		return guessInterval, false
	}
	return 0, true
}

// Passed forgives an address its attempts: it knew the password.
func (l *Limiter) Passed(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, network(from))
}

// forget drops the addresses that have been quiet; when none has, all: the
// bound for all together still holds.
func (l *Limiter) forget(now time.Time) {
	for k, one := range l.by {
		if one.TokensAt(now) >= guessBurst {
			delete(l.by, k)
		}
	}
	if len(l.by) >= maxAddresses {
		clear(l.by)
	}
}

// network is what one attacker has many addresses of: /64 in IPv6.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
