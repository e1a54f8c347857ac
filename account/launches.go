package account

import (
	"context"
	"slices"
	"time"
)

// Launches are how the starts of sessions went.
type Launches struct {
	Started int // in all, those under way too
	Ready   int
	Failed  int
	// Half and Most are how long 50% and 95% of those that got ready took at most.
	Half, Most time.Duration
	Failures   []Run // latest first
}

// Bounds of what is looked at and told of.
const (
	maxLaunches = 10_000
	maxFailures = 50
)

// Launches are those since a moment.
func (a *Accountant) Launches(ctx context.Context, since time.Time) (Launches, error) {
	runs, err := a.ledger.Launches(ctx, since, maxLaunches)
	if err != nil {
		return Launches{}, err
	}
	return sumUp(runs), nil
}

// sumUp sums up runs. One that was ended by somebody before it was ready neither
// succeeded nor failed.
func sumUp(runs []Run) Launches {
	l := Launches{Started: len(runs), Failures: []Run{}}
	var took []time.Duration
	for _, r := range runs {
		switch {
		case !r.Ready.IsZero():
			took = append(took, r.Ready.Sub(r.Created))
		case r.Failure != "":
			l.Failed++
			if len(l.Failures) < maxFailures {
				l.Failures = append(l.Failures, r)
			}
		}
	}
	if l.Ready = len(took); l.Ready > 0 {
		slices.Sort(took)
		l.Half, l.Most = took[(len(took)-1)/2], took[(len(took)-1)*95/100]
	}
	return l
}
