package report

import (
	"fmt"
	"math"
	"strings"
)

// Plot is a diagram of lines.
type Plot struct {
	Title string
	X, Y  string // the axes' units or names
	Lines []Line
	// Zero makes the vertical axis begin at zero.
	Zero bool
	// Marks are vertical lines with a word, such as the end of an outage.
	Marks []Mark
}

// Line is one series, in order of X.
type Line struct {
	Name   string
	Points []Point
	// Steps holds each value until the next point; Dots marks the points.
	Steps, Dots bool
}

// Point is a value of a line.
type Point struct{ X, Y float64 }

// Mark is a moment worth a line of its own.
type Mark struct {
	X    float64
	Name string
}

// The drawing area, in SVG units.
const (
	plotWidth, plotHeight = 640, 220
)

func (p Plot) axes() (x, y axis) {
	lowX, highX, lowY, highY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, l := range p.Lines {
		for _, q := range l.Points {
			lowX, highX = min(lowX, q.X), max(highX, q.X)
			lowY, highY = min(lowY, q.Y), max(highY, q.Y)
		}
	}
	for _, m := range p.Marks {
		lowX, highX = min(lowX, m.X), max(highX, m.X)
	}
	return newAxis(lowX, highX, 8, false), newAxis(lowY, highY, 4, p.Zero)
}

// label is a word at a place of the drawing.
type label struct {
	X, Y  float64
	Text  string
	Color string
}

// drawing is what the page needs of a plot.
type drawing struct {
	Plot
	XTicks, YTicks []label
	Curves         []curve
	Verticals      []label
	Legend         []label
}

type curve struct {
	Path, Color string
	Dots        []Point
}

// Draw places everything.
func (p Plot) Draw() drawing {
	x, y := p.axes()
	d := drawing{Plot: p}
	for _, t := range x.ticks() {
		d.XTicks = append(d.XTicks, label{X: t.At * plotWidth, Y: plotHeight, Text: t.Label})
	}
	for _, t := range y.ticks() {
		d.YTicks = append(d.YTicks, label{Y: plotHeight * (1 - t.At), Text: t.Label})
	}
	for _, m := range p.Marks {
		d.Verticals = append(d.Verticals, label{X: x.place(m.X) * plotWidth, Text: m.Name})
	}
	for i, l := range p.Lines {
		c := curve{Color: colour(i)}
		var path strings.Builder
		for j, q := range l.Points {
			at := Point{x.place(q.X) * plotWidth, plotHeight * (1 - y.place(q.Y))}
			switch {
			case j == 0:
				fmt.Fprintf(&path, "M%.1f,%.1f", at.X, at.Y)
			case l.Steps:
				fmt.Fprintf(&path, "H%.1fV%.1f", at.X, at.Y)
			default:
				fmt.Fprintf(&path, "L%.1f,%.1f", at.X, at.Y)
			}
			if l.Dots {
				c.Dots = append(c.Dots, at)
			}
		}
		c.Path = path.String()
		d.Curves = append(d.Curves, c)
		if l.Name != "" {
			d.Legend = append(d.Legend, label{Text: l.Name, Color: c.Color})
		}
	}
	return d
}

// Shares is the cumulative distribution of sorted samples, in percent.
func Shares(sorted []float64) []Point {
	points := make([]Point, len(sorted))
	for i, v := range sorted {
		points[i] = Point{v, 100 * float64(i+1) / float64(len(sorted))}
	}
	return points
}
