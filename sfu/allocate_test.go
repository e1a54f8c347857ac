package sfu

import (
	"slices"
	"testing"
)

// desktop is a track with a half layer of 500 kb/s and a full one of 2 Mb/s.
func desktop(has Quality) wish {
	return wish{
		most: High, has: has,
		needs: [qualities]int{Mid: 500_000, High: 2_000_000}, exists: [qualities]bool{Mid: true, High: true},
	}
}

// A picture that was stopped comes back as soon as it may be shown, however long
// a better one has to wait.
func TestAPictureComesBackBeforeABetterOne(t *testing.T) {
	given := make([]Quality, 1)
	allocate(budget{total: 9_000_000, mayShow: true}, []wish{desktop(Off)}, given)
	if given[0] != Mid {
		t.Errorf("given %v", given)
	}
}

func TestAllocation(t *testing.T) {
	second := desktop(High)
	limited := desktop(High)
	limited.most = Mid
	for name, tc := range map[string]struct {
		budget   int
		mayRaise bool
		hopeless bool
		wishes   []wish
		want     []Quality
	}{
		"everything fits":                     {5_000_000, false, false, []wish{desktop(High)}, []Quality{High}},
		"the full layer just fits still":      {2_000_000, false, false, []wish{desktop(High)}, []Quality{High}},
		"it no longer fits":                   {1_990_000, true, false, []wish{desktop(High)}, []Quality{Mid}},
		"to get it back takes more":           {2_200_000, true, false, []wish{desktop(Mid)}, []Quality{Mid}},
		"and then it comes":                   {2_400_000, true, false, []wish{desktop(Mid)}, []Quality{High}},
		"but not while it may not":            {9_000_000, false, false, []wish{desktop(Mid)}, []Quality{Mid}},
		"the smallest stays though it is big": {260_000, true, true, []wish{desktop(Mid)}, []Quality{Mid}},
		"until it is hopeless":                {240_000, true, true, []wish{desktop(Mid)}, []Quality{Off}},
		"unless packets arrive, if late":      {50_000, true, false, []wish{desktop(Mid)}, []Quality{Mid}},
		"a paused track needs all of it":      {550_000, true, false, []wish{desktop(Off)}, []Quality{Off}},
		"and goes on":                         {700_000, true, false, []wish{desktop(Off)}, []Quality{Mid}},
		"both see something first":            {2_600_000, true, false, []wish{desktop(High), second}, []Quality{High, Mid}},
		"nobody gets more than is wanted":     {9_000_000, true, false, []wish{limited}, []Quality{Mid}},
		"what has not come is not refused":    {100_000, true, false, []wish{{most: High, has: High}}, []Quality{High}},
	} {
		t.Run(name, func(t *testing.T) {
			given := make([]Quality, len(tc.wishes))
			allocate(budget{total: tc.budget, mayRaise: tc.mayRaise, mayShow: tc.mayRaise, hopeless: tc.hopeless}, tc.wishes, given)
			if !slices.Equal(given, tc.want) {
				t.Errorf("given %v, want %v", given, tc.want)
			}
		})
	}
}
