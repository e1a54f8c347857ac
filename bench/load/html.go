package load

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed report.html
var page string

// WriteHTML writes the report as one page without scripts: its figures and the
// plots of delay, cost and joining.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("load: page: %w", err)
	}
	if err := t.Execute(w, struct {
		*Report
		Plots []plot
	}{r, r.plots()}); err != nil {
		return fmt.Errorf("load: page: %w", err)
	}
	return nil
}

func (r *Report) plots() []plot {
	var p50, p99, cpu, in, out []point
	for _, s := range r.Timeline {
		p50 = append(p50, point{s.At, s.DelayP50})
		p99 = append(p99, point{s.At, s.DelayP99})
		cpu = append(cpu, point{s.At, s.CPU})
		in = append(in, point{s.At, float64(s.PacketsIn)})
		out = append(out, point{s.At, float64(s.PacketsOut)})
	}
	return []plot{
		{Title: "Added delay over time", X: "s", Y: "ms", Lines: []line{{"p50", p50}, {"p99", p99}}},
		{Title: "Added delay, share of packets within", X: "ms", Y: "%", Lines: []line{{"", r.delayShares()}}},
		{Title: "Server CPU per forwarded packet", X: "s", Y: "µs", Lines: []line{{"", cpu}}},
		{Title: "Packets forwarded per second", X: "s", Y: "", Lines: []line{{"", out}}},
		{Title: "Packets published per second", X: "s", Y: "", Lines: []line{{"", in}}},
		{Title: "Join to first picture, share of viewers within", X: "ms", Y: "%", Lines: []line{{"", shares(r.join)}}},
	}
}

// delayShares is the distribution of the delay up to its 99.5th percentile.
func (r *Report) delayShares() []point {
	var points []point
	if r.delay == nil {
		return nil
	}
	for p := 0.5; p < 100; p += 0.5 {
		points = append(points, point{millis(r.delay.Percentile(p)), p})
	}
	return points
}

// shares is the cumulative distribution of samples, in percent.
func shares(samples []float64) []point {
	sorted := slices.Sorted(slices.Values(samples))
	points := make([]point, len(sorted))
	for i, v := range sorted {
		points[i] = point{v, 100 * float64(i+1) / float64(len(sorted))}
	}
	return points
}

type point struct{ x, y float64 }

type line struct {
	Name   string
	points []point
}

// plot is one diagram; both axes begin at zero.
type plot struct {
	Title, X, Y string
	Lines       []line
}

// The drawing area of a plot, in SVG units.
const (
	plotWidth, plotHeight = 560, 160
)

// Path is a line as the points attribute of an SVG polyline.
func (p plot) Path(l line) string {
	maxX, maxY := p.MaxX(), p.MaxY()
	var b strings.Builder
	for _, q := range l.points {
		fmt.Fprintf(&b, "%.1f,%.1f ", q.x/maxX*plotWidth, plotHeight-q.y/maxY*plotHeight)
	}
	return b.String()
}

// MaxX is the end of the horizontal axis.
func (p plot) MaxX() float64 { return p.most(func(q point) float64 { return q.x }) }

// MaxY is the end of the vertical axis.
func (p plot) MaxY() float64 { return p.most(func(q point) float64 { return q.y }) }

func (p plot) most(of func(point) float64) float64 {
	most := 0.0
	for _, l := range p.Lines {
		for _, q := range l.points {
			most = max(most, of(q))
		}
	}
	if most == 0 {
		return 1
	}
	return most
}
