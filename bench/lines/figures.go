package lines

import (
	"time"

	"github.com/easel-live/easel/bench/stats"
)

// Frozen is the gap between two frames from which the picture counts as standing
// still, while what it shows moves all the time.
const Frozen = 250 * time.Millisecond

// Frame is a presented frame.
type Frame struct {
	At            time.Time
	Width, Height int
}

// Sample is what had been received by a moment.
type Sample struct {
	At    time.Time
	Bytes int // of RTP payload
}

// Record is everything seen of one viewer.
type Record struct {
	Frames   []Frame
	Samples  []Sample
	Began    time.Time // watching
	Changed  time.Time // the line became bad
	Restored time.Time // and good again
	Ended    time.Time
}

// Figures are what a record says.
type Figures struct {
	Line string `json:"line"`
	// FreezeMs is how long the picture stood still in all while the line was
	// bad, LongestMs at a stretch, FreezeAfterMs in all afterwards.
	FreezeMs      float64 `json:"freeze_ms"`
	LongestMs     float64 `json:"longest_freeze_ms"`
	FreezeAfterMs float64 `json:"freeze_after_ms"`
	// SettleMs is from the change until the picture moves, without a freeze or
	// another size, for three seconds under the bad line; nil: it never does.
	SettleMs *float64 `json:"settle_ms"`
	// RecoverMs is from the line's restoration until the picture has the size it
	// had before and moves for a second; nil: not while it was watched.
	RecoverMs *float64 `json:"recover_ms"`
	// KBits is what was received per second under the bad line, CapacityKBits
	// what it could carry (0: no limit), Used the share.
	KBits         float64 `json:"kbps"`
	CapacityKBits float64 `json:"capacity_kbps"`
	Used          float64 `json:"used"`
	KBitsBefore   float64 `json:"kbps_before"`
	FramesPerS    float64 `json:"frames_per_s"`
	// Height of the picture before, at the end of the bad line and at the end.
	Heights [3]int `json:"heights"`
}

// Figures reduces the record.
func (r Record) Figures(l Line) Figures {
	f := Figures{Line: l.Name, CapacityKBits: float64(l.Capacity) / 1000}
	f.FreezeMs, f.LongestMs = r.frozen(r.Changed, r.Restored)
	f.FreezeAfterMs, _ = r.frozen(r.Restored, r.Ended)
	f.SettleMs = r.settled()
	f.RecoverMs = r.recovered()
	f.KBits, f.KBitsBefore = r.rate(r.Changed, r.Restored), r.rate(r.Began, r.Changed)
	if l.Capacity > 0 {
		f.Used = stats.Round(f.KBits/f.CapacityKBits, 2)
	}
	n := 0
	for _, frame := range r.Frames {
		if within(frame.At, r.Changed, r.Restored) {
			n++
		}
	}
	f.FramesPerS = stats.Round(float64(n)/r.Restored.Sub(r.Changed).Seconds(), 1)
	f.Heights = [3]int{r.height(r.Changed), r.height(r.Restored), r.height(r.Ended)}
	return f
}

func within(t, from, to time.Time) bool { return !t.Before(from) && t.Before(to) }

// gaps calls yield with the ends of each stretch without a new frame, cut to the
// span.
func (r Record) gaps(from, to time.Time, yield func(begin, end time.Time)) {
	last := r.Began
	next := func(at time.Time) {
		begin, end := latest(last, from), earliest(at, to)
		// The whole stretch decides whether it counts, not the part within.
		if at.Sub(last) > Frozen && end.After(begin) {
			yield(begin, end)
		}
		last = at
	}
	for _, f := range r.Frames {
		next(f.At)
	}
	next(r.Ended)
}

func (r Record) frozen(from, to time.Time) (total, longest float64) {
	r.gaps(from, to, func(begin, end time.Time) {
		total += millis(end.Sub(begin))
		longest = max(longest, millis(end.Sub(begin)))
	})
	return stats.Round(total, 0), stats.Round(longest, 0)
}

// How long a picture must move undisturbed to count as settled, and as back.
const (
	calm  = 3 * time.Second
	alive = time.Second
)

// settled looks for the first calm stretch under the bad line: neither frozen nor
// changing its size. Nil when there is none.
func (r Record) settled() *float64 {
	return r.undisturbed(r.Changed, r.Restored, calm, 0)
}

// recovered looks for the first stretch after the restoration in which the
// picture has the size it had before, and moves.
func (r Record) recovered() *float64 {
	return r.undisturbed(r.Restored, r.Ended, alive, r.height(r.Changed))
}

// undisturbed is when, after from, a stretch of length begins in which the
// picture moves and keeps its size (height, unless that is 0), in milliseconds.
func (r Record) undisturbed(from, to time.Time, length time.Duration, height int) *float64 {
	since, last, size := from, from, r.height(from)
	for _, f := range r.Frames {
		if !within(f.At, from, to) {
			continue
		}
		if f.At.Sub(last) > Frozen || f.Height != size {
			since = f.At
		}
		last, size = f.At, f.Height
		if height != 0 && size != height {
			since = last
			continue
		}
		if last.Sub(since) >= length {
			ms := stats.Round(millis(since.Sub(from)), 0)
			return &ms
		}
	}
	return nil
}

// rate is what was received per second within a span, in kilobits.
func (r Record) rate(from, to time.Time) float64 {
	var first, last *Sample
	for i := range r.Samples {
		if s := &r.Samples[i]; within(s.At, from, to) {
			if first == nil {
				first = s
			}
			last = s
		}
	}
	if first == nil || !last.At.After(first.At) {
		return 0
	}
	return stats.Round(float64(last.Bytes-first.Bytes)*8/1000/last.At.Sub(first.At).Seconds(), 0)
}

// height is the picture's at a moment, 0 before the first frame.
func (r Record) height(at time.Time) int {
	h := 0
	for _, f := range r.Frames {
		if f.At.After(at) {
			break
		}
		h = f.Height
	}
	return h
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
