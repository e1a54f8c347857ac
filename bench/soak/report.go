package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/report"
	"github.com/easel-live/easel/bench/stats"
)

// Report is the outcome.
type Report struct {
	Minutes float64           `json:"minutes"` // of work
	Warmup  float64           `json:"warmup_minutes"`
	Growth  map[string]Growth `json:"growth"` // by part, after the warm-up
	Frames  int               `json:"frames"` // that the browser decoded
	Strokes int               `json:"strokes"`
	Size    string            `json:"size"`
	Codec   string            `json:"codec"`
	Samples []Sample          `json:"samples"`
	Machine machine.Machine   `json:"machine"`
	Commit  string            `json:"commit"`
}

// NewReport reduces samples; those before the warm-up is over do not count.
func NewReport(samples []Sample, warmup time.Duration) Report {
	r := Report{Warmup: stats.Round(warmup.Minutes(), 1), Growth: make(map[string]Growth), Samples: samples}
	if len(samples) == 0 {
		return r
	}
	last := samples[len(samples)-1]
	r.Minutes = stats.Round(last.Seconds/60, 1)
	for part := range last.MiB {
		r.Growth[part] = growth(samples, part, warmup)
	}
	return r
}

func (r Report) parts() []string { return slices.Sorted(maps.Keys(r.Growth)) }

var head = []string{"resident memory, MiB", "after the warm-up", "at the end", "most", "slope per hour"}

func (r Report) rows() [][]string {
	var rows [][]string
	for _, part := range r.parts() {
		g := r.Growth[part]
		rows = append(rows, []string{part, fmt.Sprintf("%.1f", g.First), fmt.Sprintf("%.1f", g.Last),
			fmt.Sprintf("%.1f", g.Most), fmt.Sprintf("%+.2f", g.Slope)})
	}
	return rows
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.1f minutes of painting, %d strokes, %d frames, %s %s, commit %s, %s with %d cores\n\n",
		r.Minutes, r.Strokes, r.Frames, r.Size, r.Codec, r.Commit, r.Machine.CPU, r.Machine.Cores)
	for _, cells := range append([][]string{head}, r.rows()...) {
		fmt.Fprintf(&b, "%-22s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(&b, "%20s", c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Page is the report with plots.
func (r Report) Page(command string) report.Page {
	plot := report.Plot{Title: "Resident memory", X: "minutes", Y: "MiB", Zero: true, Marks: []report.Mark{{X: r.Warmup, Name: "warm"}}}
	for _, part := range r.parts() {
		line := report.Line{Name: part}
		for _, s := range r.Samples {
			line.Points = append(line.Points, report.Point{X: s.Seconds / 60, Y: s.MiB[part]})
		}
		plot.Lines = append(plot.Lines, line)
	}
	page := report.Page{
		Title: "Memory over time",
		Lead:  fmt.Sprintf("A session of %s that is painted in without a pause for %.0f minutes through a real browser.", r.Size, r.Minutes),
		Sections: []report.Section{
			{Title: "Parts", Table: &report.Table{Head: head, Rows: r.rows()}, Plots: []report.Plot{plot}},
		},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
	for _, part := range r.parts() {
		page.Facts = append(page.Facts, report.Fact{Name: part, Value: fmt.Sprintf("%+.2f", r.Growth[part].Slope), Unit: "MiB per hour"})
	}
	return page
}
