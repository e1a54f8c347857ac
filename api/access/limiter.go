package access

import (
	"net/netip"
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
)

// Limiter slows down who guesses passwords.
type Limiter struct {
	all *rate.Limiter
	by  *Pace // networks and accounts
}

// NewLimiter makes a Limiter that has seen nobody.
func NewLimiter() *Limiter {
	return &Limiter{all: rate.NewLimiter(guessAllRate, guessAllBurst), by: NewPace(rate.Every(guessInterval), guessBurst)}
}

// Attempt says whether an address may try at an account now, or else how long to
// wait. What is guessed may belong to no account: an empty one.
func (l *Limiter) Attempt(from netip.Addr, account string, now time.Time) (wait time.Duration, ok bool) {
	if !l.all.AllowN(now, 1) {
		return time.Second, false
	}
	ok = true
	for _, target := range targets(from, account) {
		_, may := l.by.Take(target, now)
		ok = ok && may
	}
	if !ok {
		return guessInterval, false
	}
	return 0, true
}

// Passed forgives an address and an account their attempts: the password was
// known.
func (l *Limiter) Passed(from netip.Addr, account string) {
	for _, target := range targets(from, account) {
		l.by.Forgive(target)
	}
}

func targets(from netip.Addr, account string) []string {
	t := []string{"from " + Network(from).String()}
	if account != "" {
		t = append(t, "at "+account)
	}
	return t
}

// Network is what one attacker has many addresses of: /64 in IPv6.
func Network(a netip.Addr) netip.Prefix {
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
