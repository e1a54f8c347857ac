// Package stats reduces samples to the few numbers a report prints. It is pure:
// values in, summary out.
package stats

import (
	"math"
	"slices"
)

// Summary describes samples of one quantity, in that quantity's unit.
type Summary struct {
	N    int     `json:"n"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
}

// Summarize reduces samples, in any order; it leaves them as they are. Samples
// that are not numbers (NaN, infinities) are left out. No samples give the zero
// Summary.
func Summarize(samples []float64) Summary {
	sorted := make([]float64, 0, len(samples))
	sum := 0.0
	for _, v := range samples {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		sorted = append(sorted, v)
		sum += v
	}
	if len(sorted) == 0 {
		return Summary{}
	}
	slices.Sort(sorted)
	return Summary{
		N:    len(sorted),
		P50:  percentile(sorted, 50),
		P95:  percentile(sorted, 95),
		P99:  percentile(sorted, 99),
		Mean: sum / float64(len(sorted)),
		Min:  sorted[0],
		Max:  sorted[len(sorted)-1],
	}
}

// percentile is the nearest-rank percentile (NIST handbook 7.2.6.2, without
// interpolation): the smallest sample that at least p percent of the samples do
// not exceed. It never reports a latency that nobody saw.
func percentile(sorted []float64, p float64) float64 {
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// Rounded gives the summary with every value rounded to digits decimals, for
// people and JSON.
func (s Summary) Rounded(digits int) Summary {
	for _, v := range []*float64{&s.P50, &s.P95, &s.P99, &s.Mean, &s.Min, &s.Max} {
		*v = Round(*v, digits)
	}
	return s
}

// Round rounds v to digits decimals, halves away from zero.
func Round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
