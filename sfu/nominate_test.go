package sfu

import (
	"testing"
	"time"

	"github.com/pion/ice/v4"
)

func TestNominationsAreFollowedOnceTheOldWayIsForsaken(t *testing.T) {
	udp, tcp := &ice.CandidatePair{}, &ice.CandidatePair{}
	n := &nominations{}
	start := time.Unix(1000, 0)
	for i, step := range []struct {
		at     time.Duration
		pair   *ice.CandidatePair
		follow bool
	}{
		{0, tcp, false}, // pion takes the first by itself
		{10 * time.Millisecond, udp, false},
		{20 * time.Millisecond, tcp, false}, // all at once, in the beginning
		{2500 * time.Millisecond, udp, false},
		{5 * time.Second, udp, true}, // nobody names the other any more
		{7 * time.Second, udp, false},
		{8 * time.Second, tcp, false}, // a check that was late
		{9 * time.Second, udp, false},
		{11 * time.Second, tcp, false},
		{12 * time.Second, tcp, true},
		{14 * time.Second, tcp, false},
		{15 * time.Second, udp, false},
		{17500 * time.Millisecond, udp, true}, // back again
	} {
		if got := n.name(step.pair, start.Add(step.at)); got != step.follow {
			t.Errorf("step %d: %v", i, got)
		}
	}
}
