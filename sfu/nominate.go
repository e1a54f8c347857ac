package sfu

import (
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// forsaken is after how long without being named again a way is left for one of
// lower priority. Browsers name the way they use every 2.5 s at least.
const forsaken = 3 * time.Second

// nominations follow a client that changes its mind. A browser whose UDP dies
// goes on by TCP within seconds and says so with every check; pion, which was
// nominated a way of higher priority, would send into the dead one until it
// fails half a minute later, and nobody would restart ICE: the browser is
// content. RFC 8445 section 8.1.1 leaves the choice to the side in control.
//
// While the first checks run, several ways may be nominated at once, as in
// aggressive nomination: then priority decides, as pion does.
type nominations struct {
	current *ice.CandidatePair
	named   time.Time
}

// follow is told of each check that came in, by the ICE agent's own goroutine,
// and says whether to go by its way from now on.
func (n *nominations) follow(check *stun.Message, _, _ ice.Candidate, pair *ice.CandidatePair) bool {
	return check.Contains(stun.AttrUseCandidate) && n.name(pair, time.Now())
}

// name takes a nomination.
func (n *nominations) name(pair *ice.CandidatePair, now time.Time) (follow bool) {
	switch {
	case n.current == nil || n.current == pair:
	case now.Sub(n.named) < forsaken:
		return false
	default:
		follow = true
	}
	n.current, n.named = pair, now
	return follow
}
