package sessions

import (
	"fmt"
	"strings"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/report"
)

// Report is the outcome.
type Report struct {
	// Sessions is the most at which the latency was within the limit.
	Sessions int     `json:"sessions"`
	LimitMs  float64 `json:"p95_limit_ms"`
	Size     string  `json:"size"`
	Codec    string  `json:"codec"`
	Steps    []Step  `json:"steps"`
	// Passed says whether the limit was passed at the last step; otherwise the
	// machine may carry more than were tried.
	Passed  bool            `json:"limit_passed"`
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`
}

// Step is so many sessions at once.
type Step struct {
	Sessions int     `json:"sessions"` // the one that is pressed in included
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	Missed   int     `json:"missed"` // presses that were not seen in time
	// Frames per second that a viewer of a painted session received, on average
	// and in the session with the fewest; no figure for one session alone.
	Frames      float64 `json:"frames_per_s"`
	FewestFrame float64 `json:"fewest_frames_per_s"`
	KBits       float64 `json:"kbps"` // per viewer
	Idle        float64 `json:"idle_percent"`
}

// Add appends a step and says whether it is within the limit.
func (r *Report) Add(s Step) bool {
	r.Steps = append(r.Steps, s)
	if s.P95 > r.LimitMs {
		r.Passed = true
		return false
	}
	r.Sessions = s.Sessions
	return true
}

var head = []string{"sessions", "p50, ms", "p95, ms", "frames/s, average", "fewest", "kb/s each", "machine idle"}

func (r *Report) rows() [][]string {
	var rows [][]string
	for _, s := range r.Steps {
		rows = append(rows, []string{
			fmt.Sprint(s.Sessions), fmt.Sprintf("%.1f", s.P50), fmt.Sprintf("%.1f", s.P95),
			fmt.Sprintf("%.1f", s.Frames), fmt.Sprintf("%.1f", s.FewestFrame), fmt.Sprintf("%.0f", s.KBits), fmt.Sprintf("%.0f%%", s.Idle),
		})
	}
	return rows
}

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d sessions of %s with a p95 within %.0f ms, commit %s, %s with %d cores\n\n",
		r.Sessions, r.Size, r.LimitMs, r.Commit, r.Machine.CPU, r.Machine.Cores)
	for _, cells := range append([][]string{head}, r.rows()...) {
		for _, c := range cells {
			fmt.Fprintf(&b, "%*s", max(len(c), 12)+2, c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Page is the report with plots.
func (r *Report) Page(command string) report.Page {
	p50, p95 := report.Line{Name: "p50", Dots: true}, report.Line{Name: "p95", Dots: true}
	average, fewest := report.Line{Name: "average", Dots: true}, report.Line{Name: "fewest", Dots: true}
	for _, s := range r.Steps {
		n := float64(s.Sessions)
		p50.Points = append(p50.Points, report.Point{X: n, Y: s.P50})
		p95.Points = append(p95.Points, report.Point{X: n, Y: s.P95})
		if s.Sessions > 1 {
			average.Points = append(average.Points, report.Point{X: n, Y: s.Frames})
			fewest.Points = append(fewest.Points, report.Point{X: n, Y: s.FewestFrame})
		}
	}
	return report.Page{
		Title: "Sessions on one machine",
		Lead: fmt.Sprintf("Sessions of %s, all but one painted in without a pause and each with a viewer; "+
			"in the last one a real browser on the same machine presses and waits for the changed pixel.", r.Size),
		Facts: []report.Fact{
			{Name: fmt.Sprintf("Sessions with p95 within %.0f ms", r.LimitMs), Value: fmt.Sprint(r.Sessions)},
			{Name: "Cores", Value: fmt.Sprint(r.Machine.Cores), Note: r.Machine.CPU},
		},
		Sections: []report.Section{
			{Title: "Steps", Table: &report.Table{Head: head, Rows: r.rows()}},
			{Title: "Latency and pace", Plots: []report.Plot{
				{Title: "Press to changed pixel", X: "sessions", Y: "ms", Zero: true, Lines: []report.Line{p50, p95}},
				{Title: "Frames per second of a painted session", X: "sessions", Zero: true, Lines: []report.Line{average, fewest}},
			}},
		},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
}
