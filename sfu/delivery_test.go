package sfu

import (
	"testing"
	"time"

	"github.com/easel-live/easel/sfu/estimate"
)

// statuses are those of so many packets, of which some were lost.
func statuses(packets, lost int) *estimate.Feedback {
	f := &estimate.Feedback{}
	for i := range packets {
		f.Statuses = append(f.Statuses, estimate.Status{Received: i >= lost})
	}
	return f
}

// Loss is felt long before the window ends that judges whether anything arrives.
func TestLossIsFeltAtOnce(t *testing.T) {
	var d delivery
	now := time.Unix(1000, 0)
	d.report(statuses(0, 0), now)
	for _, c := range []struct {
		what          string
		after         time.Duration
		packets, lost int
		loses         bool
	}{
		{"too few to tell", 100 * time.Millisecond, 10, 5, false},
		{"enough", 200 * time.Millisecond, 20, 5, true},
		{"it stays for the window", 900 * time.Millisecond, 2000, 0, true},
		{"whose end tells", time.Second, 20, 0, false},
		{"the next is as good", 1500 * time.Millisecond, 100, 0, false},
	} {
		if d.report(statuses(c.packets, c.lost), now.Add(c.after)); d.loses != c.loses {
			t.Errorf("%s: loses %v", c.what, d.loses)
		}
	}
}
