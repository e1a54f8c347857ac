package load

import (
	"math"
	"math/bits"
	"time"
)

// Histogram counts durations in buckets 1/32 of an octave wide, from 1 µs to
// over an hour, so that a percentile is at most about 3% too high. The zero
// value is empty.
type Histogram struct {
	counts [octaves * perOctave]uint32
	total  uint64
}

const (
	perOctave = 32
	octaves   = 28
)

// Add counts one duration; negative ones count as zero.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
}

// N is how many durations were added.
func (h *Histogram) N() uint64 { return h.total }

// Merge adds everything other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// Since is what h counted after earlier, a copy of h's past.
func (h *Histogram) Since(earlier *Histogram) *Histogram {
	d := &Histogram{total: h.total - earlier.total}
	for i := range h.counts {
		d.counts[i] = h.counts[i] - earlier.counts[i]
	}
	return d
}

// Percentile is the smallest bucket bound that at least p percent of the
// durations do not exceed; zero when there are none.
func (h *Histogram) Percentile(p float64) time.Duration {
	want := uint64(math.Ceil(p / 100 * float64(h.total)))
	var seen uint64
	for i, n := range h.counts {
		seen += uint64(n)
		if n > 0 && seen >= want {
			return upper(i)
		}
	}
	return 0
}

// bucket maps whole microseconds: below perOctave each has its own, above that
// the leading six bits decide.
func bucket(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < perOctave {
		return int(us)
	}
	shift := bits.Len64(us) - 6
	i := (shift+1)*perOctave + int(us>>shift) - perOctave
	return min(i, octaves*perOctave-1)
}

// upper is the end of a bucket.
func upper(i int) time.Duration {
	if i < perOctave {
		return time.Duration(i+1) * time.Microsecond
	}
	shift := i/perOctave - 1
	return time.Duration(i%perOctave+perOctave+1) << shift * time.Microsecond
}
