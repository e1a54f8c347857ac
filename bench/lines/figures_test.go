package lines

import (
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 0)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// steady is a record of 30 s with a frame every 20 ms and 1,000 bytes each; the
// line is bad from 5 to 20 s. spoil says what becomes of a frame.
func steady(spoil func(ms int) (height int, shown bool)) Record {
	r := Record{Began: at(0), Changed: at(5000), Restored: at(20000), Ended: at(30000)}
	for ms := 0; ms < 30000; ms += 20 {
		if height, shown := spoil(ms); shown {
			r.Frames = append(r.Frames, Frame{At: at(ms), Width: height * 2, Height: height})
		}
		r.Samples = append(r.Samples, Sample{At: at(ms), Bytes: ms * 50})
	}
	return r
}

func TestNothingToSee(t *testing.T) {
	f := steady(func(int) (int, bool) { return 800, true }).Figures(Line{Name: "perfect"})
	if f.FreezeMs != 0 || f.SettleMs == nil || *f.SettleMs != 0 || f.RecoverMs == nil || *f.RecoverMs != 0 || f.FramesPerS != 50 || f.KBits != 400 {
		t.Errorf("%+v", f)
	}
}

func TestFreezeAndSmallerPicture(t *testing.T) {
	f := steady(func(ms int) (int, bool) {
		switch {
		case ms > 5000 && ms < 6000, ms > 20000 && ms < 20500:
			return 0, false
		case ms >= 6000 && ms < 24000:
			return 400, true
		}
		return 800, true
	}).Figures(Line{Capacity: 800_000})
	if f.FreezeMs != 1000 || f.LongestMs != 1000 || f.FreezeAfterMs != 500 || f.SettleMs == nil || *f.SettleMs != 1000 {
		t.Errorf("%+v", f)
	}
	if f.RecoverMs == nil || *f.RecoverMs != 4000 || f.Heights != [3]int{800, 400, 800} || f.Used != 0.5 {
		t.Errorf("%+v, recovered after %v", f, f.RecoverMs)
	}
}

func TestFreezeAcrossTheRestorationCountsOnBothSides(t *testing.T) {
	f := steady(func(ms int) (int, bool) { return 800, ms < 19000 || ms > 20100 }).Figures(Line{})
	if f.FreezeMs != 1020 || f.FreezeAfterMs != 120 || f.RecoverMs == nil || *f.RecoverMs != 0 {
		t.Errorf("%+v", f)
	}
}

func TestNeverBack(t *testing.T) {
	for name, spoil := range map[string]func(int) (int, bool){
		"still small": func(ms int) (int, bool) { return map[bool]int{true: 800, false: 400}[ms < 6000], true },
		"still":       func(ms int) (int, bool) { return 800, ms < 20100 },
	} {
		if f := steady(spoil).Figures(Line{}); f.RecoverMs != nil {
			t.Errorf("%s: back after %v ms", name, *f.RecoverMs)
		}
	}
}

func TestEmptyRecord(t *testing.T) {
	f := Record{Began: at(0), Changed: at(1), Restored: at(2), Ended: at(3)}.Figures(Line{Capacity: 1})
	if f.RecoverMs != nil || f.KBits != 0 || f.Heights != [3]int{} {
		t.Errorf("%+v", f)
	}
}
