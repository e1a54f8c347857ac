package report

import "strconv"

// Bars is a diagram of horizontal bars, each made of parts one after the other.
type Bars struct {
	Title string
	X     string   // unit
	Parts []string // names of the parts
	Bars  []Bar
}

// Bar has a value for each part.
type Bar struct {
	Name   string
	Values []float64
}

const (
	barHeight, barGap = 22, 12
	barLeft           = 150 // room for the names
)

// stacked is what the page needs of bars.
type stacked struct {
	Bars
	Height float64
	Ticks  []label
	Boxes  []box
	Names  []label
	Sums   []label
	Legend []label
}

type box struct {
	X, Y, Width float64
	Color       string
	Title       string
}

// Draw places everything.
func (b Bars) Draw() stacked {
	most := 0.0
	for _, bar := range b.Bars {
		most = max(most, sum(bar.Values))
	}
	x := newAxis(0, most, 6, true)
	d := stacked{Bars: b, Height: float64(len(b.Bars) * (barHeight + barGap))}
	const width = plotWidth - barLeft
	for _, t := range x.ticks() {
		d.Ticks = append(d.Ticks, label{X: barLeft + t.At*width, Y: d.Height, Text: t.Label})
	}
	for i, bar := range b.Bars {
		top := float64(i * (barHeight + barGap))
		left := float64(barLeft)
		for j, v := range bar.Values {
			w := x.place(v) * width
			d.Boxes = append(d.Boxes, box{left, top, w, colour(j), b.Parts[j] + ": " + short(v)})
			left += w
		}
		d.Names = append(d.Names, label{X: barLeft - 8, Y: top + barHeight*0.7, Text: bar.Name})
		d.Sums = append(d.Sums, label{X: left + 6, Y: top + barHeight*0.7, Text: short(sum(bar.Values))})
	}
	for j, name := range b.Parts {
		d.Legend = append(d.Legend, label{Text: name, Color: colour(j)})
	}
	return d
}

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}

// short is a value with about three digits.
func short(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// ViewHeight is the height of the drawing with its axis.
func (d stacked) ViewHeight() float64 { return d.Height + 40 }
