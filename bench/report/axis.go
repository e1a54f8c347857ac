package report

import (
	"math"
	"strconv"
)

// axis runs from low to high and has ticks at round values.
type axis struct {
	low, high float64
	step      float64
}

// newAxis holds all values, with about n ticks. It begins at 0, unless that
// would leave the values in a narrow band and zero is not asked for.
func newAxis(low, high float64, n int, zero bool) axis {
	if math.IsInf(low, 0) || math.IsInf(high, 0) || high < low { // no values
		low, high = 0, 1
	}
	if zero || low > 0 && low < high/2 {
		low = min(low, 0)
	}
	if high == low {
		high = low + 1
	}
	step := roundStep((high - low) / float64(n))
	return axis{low: math.Floor(low/step) * step, high: math.Ceil(high/step-1e-9) * step, step: step}
}

// roundStep is whichever of 1, 2, 5 times a power of ten is nearest to d.
func roundStep(d float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(d)))
	switch m := d / power; {
	case m < math.Sqrt(1*2):
		return power
	case m < math.Sqrt(2*5):
		return 2 * power
	case m < math.Sqrt(5*10):
		return 5 * power
	}
	return 10 * power
}

// tick is a labelled place of an axis.
type tick struct {
	At    float64 // 0 to 1
	Label string
}

func (a axis) ticks() []tick {
	var ticks []tick
	n := int(math.Round((a.high - a.low) / a.step))
	digits := max(0, -int(math.Floor(math.Log10(a.step)+1e-9)))
	for i := range n + 1 {
		v := a.low + float64(i)*a.step
		ticks = append(ticks, tick{float64(i) / float64(n), strconv.FormatFloat(v, 'f', digits, 64)})
	}
	return ticks
}

// place is where a value is, 0 to 1.
func (a axis) place(v float64) float64 { return (v - a.low) / (a.high - a.low) }
