package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/easel-live/easel/account"
)

// TestACallerWhoAsksTooFast is told when to come again; others are not kept.
func TestACallerWhoAsksTooFast(t *testing.T) {
	h := newHouse(t)
	annUser := h.user("ann")
	ann, program, bob := h.login(annUser), h.program(annUser, account.Read), h.login(h.user("bob"))
	for range callerBurst {
		if a := ann.do("GET", "/api/v1/me", ""); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	for _, p := range []*person{ann, program} { // another credential is not another caller
		a := p.do("GET", "/api/v1/me", "")
		if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" || a.json(t)["status"] != 429.0 {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	}
	if a := bob.do("GET", "/api/v1/me", ""); a.status != http.StatusOK {
		t.Errorf("somebody else: %d", a.status)
	}
	h.now = h.now.Add(time.Second)
	if a := ann.do("GET", "/api/v1/me", ""); a.status != http.StatusOK {
		t.Errorf("a second later: %d", a.status)
	}
	for range placeBurst {
		h.visitor().do("GET", "/api/v1/login", "")
	}
	if a := bob.do("GET", "/api/v1/me", ""); a.status != http.StatusTooManyRequests {
		t.Errorf("from a network that is too fast: %d", a.status)
	}
}
