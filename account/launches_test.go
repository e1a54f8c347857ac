package account

import (
	"testing"
	"time"
)

func TestHowLaunchesWent(t *testing.T) {
	if l := sumUp(nil); l.Started != 0 || l.Half != 0 || l.Failures == nil {
		t.Errorf("%+v", l)
	}
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	runs := []Run{{Created: at}, {Created: at, Ended: at}} // under way, and ended early
	for i := range 100 {
		runs = append(runs, Run{Created: at, Ready: at.Add(time.Duration(i+1) * time.Second), Failure: "later"})
	}
	for range maxFailures + 5 {
		runs = append(runs, Run{Created: at, Failure: "GIMP did not start."})
	}
	l := sumUp(runs)
	if l.Started != len(runs) || l.Ready != 100 || l.Failed != maxFailures+5 || l.Half != 50*time.Second || l.Most != 95*time.Second || len(l.Failures) != maxFailures {
		t.Errorf("%+v", l)
	}
}
