package lines

import (
	"fmt"
	"strings"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/report"
)

// Report is the table.
type Report struct {
	Lines   []Figures       `json:"lines"`
	Codec   string          `json:"codec"`
	Size    string          `json:"size"`
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`

	records []*Record
}

// Add appends a line's outcome.
func (r *Report) Add(l Line, record *Record) {
	r.Lines = append(r.Lines, record.Figures(l))
	r.records = append(r.records, record)
}

var head = []string{"line", "frozen, ms", "longest", "settled after, ms", "frames/s", "kb/s", "of the line", "back after, ms", "frozen then", "height: before, bad, after"}

func (r *Report) rows() [][]string {
	var rows [][]string
	for _, f := range r.Lines {
		used := ""
		if f.CapacityKBits > 0 {
			used = fmt.Sprintf("%.0f%%", 100*f.Used)
		}
		rows = append(rows, []string{
			f.Line, fmt.Sprintf("%.0f", f.FreezeMs), fmt.Sprintf("%.0f", f.LongestMs), moment(f.SettleMs),
			fmt.Sprintf("%.1f", f.FramesPerS), fmt.Sprintf("%.0f", f.KBits), used, moment(f.RecoverMs),
			fmt.Sprintf("%.0f", f.FreezeAfterMs), fmt.Sprintf("%d, %d, %d", f.Heights[0], f.Heights[1], f.Heights[2]),
		})
	}
	return rows
}

func moment(ms *float64) string {
	if ms == nil {
		return "never"
	}
	return fmt.Sprintf("%.0f", *ms)
}

// String is the table for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A viewer of %s %s on bad lines, commit %s, %s with %d cores\n\n", r.Size, r.Codec, r.Commit, r.Machine.CPU, r.Machine.Cores)
	row := func(cells []string) {
		fmt.Fprintf(&b, "%-20s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(&b, " %*s", max(len(c), 10), c)
		}
		b.WriteByte('\n')
	}
	row([]string{"line", "frozen ms", "longest", "settled", "frames/s", "kb/s", "of line", "back", "frozen aft", "heights"})
	for _, cells := range r.rows() {
		row(cells)
	}
	return b.String()
}

// Page is the report with plots: a line's bit rate and its frames.
func (r *Report) Page(command string) report.Page {
	page := report.Page{
		Title: "Bad lines",
		Lead: "A real browser watches a session that is painted in; its media goes through a relay. " +
			"The line is good at first, then bad, then good again.",
		Sections: []report.Section{{
			Title: "All lines", Table: &report.Table{Head: head, Rows: r.rows()},
			Note: fmt.Sprintf("The picture counts as frozen when no frame is presented for %v although it moves. "+
				"Settled: three seconds without a freeze or another size under the bad line. Back: a second of the size from before, moving.", Frozen),
		}},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
	for i, record := range r.records {
		page.Sections = append(page.Sections, record.section(r.Lines[i].Line))
	}
	return page
}

func (r *Record) section(name string) report.Section {
	marks := []report.Mark{{X: r.Changed.Sub(r.Began).Seconds(), Name: "bad"}, {X: r.Restored.Sub(r.Began).Seconds(), Name: "good"}}
	rate := report.Line{Steps: true}
	for i := 1; i < len(r.Samples); i++ {
		a, b := r.Samples[i-1], r.Samples[i]
		rate.Points = append(rate.Points, report.Point{
			X: a.At.Sub(r.Began).Seconds(),
			Y: float64(b.Bytes-a.Bytes) * 8 / 1000 / b.At.Sub(a.At).Seconds(),
		})
	}
	var gaps report.Line
	last := r.Began
	for _, f := range r.Frames {
		gaps.Points = append(gaps.Points, report.Point{X: f.At.Sub(r.Began).Seconds(), Y: millis(f.At.Sub(last))})
		last = f.At
	}
	return report.Section{Title: name, Plots: []report.Plot{
		{Title: "Received", X: "s", Y: "kb/s", Zero: true, Lines: []report.Line{rate}, Marks: marks},
		{Title: "Time between frames", X: "s", Y: "ms", Zero: true, Lines: []report.Line{gaps}, Marks: marks},
	}}
}
