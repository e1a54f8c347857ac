package access

import (
	"net/netip"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func TestLimiter(t *testing.T) {
	l := NewLimiter()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for range guessBurst {
		if _, ok := l.Attempt(a, "ann", day(1)); !ok {
			t.Fatal("refused too early")
		}
	}
	if wait, ok := l.Attempt(a, "ann", day(1)); ok || wait <= 0 {
		t.Error("not refused")
	}
	if _, ok := l.Attempt(b, "bob", day(1)); !ok {
		t.Error("somebody else is refused")
	}
	if _, ok := l.Attempt(b, "ann", day(1)); ok {
		t.Error("an account can be guessed at from everywhere")
	}
	if _, ok := l.Attempt(a, "ann", day(1).Add(guessInterval)); !ok {
		t.Error("refused forever")
	}
	l.Passed(a, "ann")
	if _, ok := l.Attempt(a, "ann", day(1).Add(guessInterval)); !ok {
		t.Error("refused after the password was known")
	}
	for i := range maxPaced * 2 {
		l.Attempt(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "", day(2).Add(time.Duration(i)*time.Second))
	}
	if len(l.by.by) > maxPaced {
		t.Errorf("remembers %d targets", len(l.by.by))
	}
	if Network(netip.MustParseAddr("2001:db8::1")) != Network(netip.MustParseAddr("2001:db8::2")) {
		t.Error("one network counts as two")
	}
}
