package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSummarize(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for name, c := range map[string]struct {
		in   []float64
		want Summary
	}{
		"nothing":     {nil, Summary{}},
		"one":         {[]float64{7}, Summary{N: 1, P50: 7, P95: 7, P99: 7, Mean: 7, Min: 7, Max: 7}},
		"two":         {[]float64{4, 2}, Summary{N: 2, P50: 2, P95: 4, P99: 4, Mean: 3, Min: 2, Max: 4}},
		"1 to 100":    {hundred, Summary{N: 100, P50: 50, P95: 95, P99: 99, Mean: 50.5, Min: 1, Max: 100}},
		"not numbers": {[]float64{math.NaN(), 3, math.Inf(1)}, Summary{N: 1, P50: 3, P95: 3, P99: 3, Mean: 3, Min: 3, Max: 3}},
	} {
		if got := Summarize(c.in); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// Whatever the samples: the percentiles are samples, in order, and the input
// stays untouched.
func TestSummarizeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 1, 300).Draw(t, "samples")
		before := slices.Clone(in)
		s := Summarize(in)
		if !slices.Equal(in, before) {
			t.Fatal("the samples were changed")
		}
		order := []float64{s.Min, s.P50, s.P95, s.P99, s.Max}
		if !slices.IsSorted(order) {
			t.Fatalf("out of order: %v", order)
		}
		for _, v := range order {
			if !slices.Contains(in, v) {
				t.Fatalf("%v is none of the samples", v)
			}
		}
		atMost := 0
		for _, v := range in {
			if v <= s.P95 {
				atMost++
			}
		}
		if float64(atMost) < 0.95*float64(len(in)) {
			t.Fatalf("only %d of %d samples are at most p95 %v", atMost, len(in), s.P95)
		}
	})
}

func TestRounded(t *testing.T) {
	if got := (Summary{N: 3, P50: 1.26, Max: -2.25}).Rounded(1); got != (Summary{N: 3, P50: 1.3, Max: -2.3}) {
		t.Errorf("got %+v", got)
	}
}
