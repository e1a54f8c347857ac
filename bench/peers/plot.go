package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The plot's measures in pixels.
const (
	plotWidth, plotHeight = 720, 400
	plotLeft, plotRight   = 60, 20
	plotTop, plotBottom   = 40, 50
)

// line is one server's cost on one link, by viewers.
type line struct {
	name   string
	points [][2]float64 // viewers, µs
}

// plot draws what a forwarded packet costs in rooms of one, by viewers, as SVG.
func plot(results []result) []byte {
	lines, most, dearest := linesOf(results)
	x := func(viewers float64) float64 {
		return plotLeft + (plotWidth-plotLeft-plotRight)*math.Log(max(viewers, 1)/10)/math.Log(max(most, 20)/10)
	}
	y := func(cost float64) float64 {
		return plotHeight - plotBottom - (plotHeight-plotTop-plotBottom)*cost/dearest
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="14">Server CPU per forwarded packet, µs, by viewers in one room</text>`+"\n", plotLeft)
	for cost := 0.0; cost <= dearest; cost += 5 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			plotLeft, y(cost), plotWidth-plotRight, plotLeft-8, y(cost)+4, cost)
	}
	for _, viewers := range []float64{10, 20, 50, 100, 200, 500, 1000} {
		if viewers <= most {
			fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x(viewers), plotHeight-plotBottom+20, viewers)
		}
	}
	colours := []string{"#2f6fde", "#d9662b", "#2a9d6f", "#8a56c9"}
	for i, l := range lines {
		colour := colours[i%len(colours)]
		var path []string
		for _, p := range l.points {
			path = append(path, fmt.Sprintf("%.1f %.1f", x(p[0]), y(p[1])))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x(p[0]), y(p[1]), colour)
		}
		fmt.Fprintf(&b, `<path d="M%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(path, "L"), colour)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="%s">%s</text>`+"\n", plotWidth-plotRight, plotTop+16*(i+1), colour, l.name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// linesOf are the lines, the most viewers, and the cost at the top of the plot.
func linesOf(results []result) (lines []line, most, dearest float64) {
	for _, r := range results {
		if r.Rooms != 1 {
			continue
		}
		name := r.Server + ", " + r.Link
		i := slices.IndexFunc(lines, func(l line) bool { return l.name == name })
		if i < 0 {
			lines, i = append(lines, line{name: name}), len(lines)
		}
		lines[i].points = append(lines[i].points, [2]float64{float64(r.Viewers), r.Median.CPU})
		most, dearest = max(most, float64(r.Viewers)), max(dearest, r.Median.CPU)
	}
	for _, l := range lines {
		slices.SortFunc(l.points, func(a, b [2]float64) int { return int(a[0] - b[0]) })
	}
	return lines, most, max(5, 5*math.Ceil(dearest/5))
}
