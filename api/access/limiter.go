package access

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Guessing passwords: so many attempts at once, then one each interval, from
// one address and at one account; and a bound for all together.
const (
	guessBurst    = 10
	guessInterval = 6 * time.Second
	guessAllRate  = 5 // per second
	guessAllBurst = 50
	maxTargets    = 8192
)

// Limiter slows down who guesses passwords.
type Limiter struct {
	mu  sync.Mutex
	all *rate.Limiter
	by  map[string]*rate.Limiter // networks and accounts
}

// NewLimiter makes a Limiter that has seen nobody.
func NewLimiter() *Limiter {
	return &Limiter{all: rate.NewLimiter(guessAllRate, guessAllBurst), by: make(map[string]*rate.Limiter)}
}

// Attempt says whether an address may try at an account now, or else how long to
// wait. What is guessed may belong to no account: an empty one.
func (l *Limiter) Attempt(from netip.Addr, account string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.all.AllowN(now, 1) {
		return time.Second, false
	}
	if len(l.by) >= maxTargets-1 {
		l.forget(now)
	}
	ok = true
	for _, target := range targets(from, account) {
		one := l.by[target]
		if one == nil {
			one = rate.NewLimiter(rate.Every(guessInterval), guessBurst)
			l.by[target] = one
		}
		ok = one.AllowN(now, 1) && ok
	}
	if !ok {
		return guessInterval, false
	}
	return 0, true
}

// Passed forgives an address and an account their attempts: the password was
// known.
func (l *Limiter) Passed(from netip.Addr, account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, target := range targets(from, account) {
		delete(l.by, target)
	}
}

func targets(from netip.Addr, account string) []string {
	t := []string{"from " + network(from).String()}
	if account != "" {
		t = append(t, "at "+account)
	}
	return t
}

// forget drops the targets that have been quiet; when none has, all: the bound
// for all together still holds.
func (l *Limiter) forget(now time.Time) {
	for k, one := range l.by {
		if one.TokensAt(now) >= guessBurst {
			delete(l.by, k)
		}
	}
	if len(l.by) >= maxTargets-1 {
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
