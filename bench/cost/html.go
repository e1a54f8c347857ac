package cost

import (
	"fmt"
	"maps"
	"slices"

	"github.com/easel-live/easel/bench/report"
	"github.com/easel-live/easel/bench/stats"
)

// activities are what a session is measured at, in order.
var activities = []struct {
	name string
	of   func(Figures) Rates
}{
	{"nothing", func(f Figures) Rates { return f.Idle }},
	{"drawing", func(f Figures) Rates { return f.Active }},
	{"scrolling", func(f Figures) Rates { return f.Scroll }},
	{"panning", func(f Figures) Rates { return f.Pan }},
}

// Page is the report with plots.
func (r Report) Page(command string) report.Page {
	page := report.Page{
		Title: "What a session costs",
		Lead:  "GIMP in a session that nobody touches, and in one that is drawn on, scrolled and panned; one browser watches.",
		Facts: []report.Fact{
			{Name: "Agent while drawing", Value: fmt.Sprintf("%.0f", r.AgentActive), Unit: "CPU ms/s", Note: r.Size},
			{Name: "Agent at rest", Value: fmt.Sprintf("%.1f", r.AgentIdle), Unit: "CPU ms/s", Note: r.Size},
			{Name: "Received while drawing", Value: fmt.Sprintf("%.0f", r.KBits), Unit: "kb/s", Note: r.Size},
			{Name: "Frames while drawing", Value: fmt.Sprintf("%.0f", r.FramesActive), Unit: "per second", Note: r.Size},
		},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
	for _, f := range r.Sizes {
		page.Sections = append(page.Sections, f.section())
	}
	return page
}

func (f Figures) section() report.Section {
	parts := slices.Sorted(maps.Keys(f.Active.CPU))
	cpu := report.Bars{Title: "Processor time, ms per second", X: "ms/s", Parts: parts}
	table := &report.Table{Head: []string{"", "nothing", "drawing", "scrolling", "panning"}}
	row := func(name string, of func(Rates) float64) {
		cells := []string{name}
		for _, a := range activities {
			cells = append(cells, fmt.Sprintf("%.1f", of(a.of(f))))
		}
		table.Rows = append(table.Rows, cells)
	}
	for _, part := range parts {
		row("CPU ms/s, "+part, func(r Rates) float64 { return r.CPU[part] })
	}
	row("frames/s", func(r Rates) float64 { return r.Frames })
	row("kb/s", func(r Rates) float64 { return r.KBits })
	for _, a := range activities {
		bar := report.Bar{Name: a.name}
		for _, part := range parts {
			bar.Values = append(bar.Values, a.of(f).CPU[part])
		}
		cpu.Bars = append(cpu.Bars, bar)
	}
	section := report.Section{
		Title: f.Size + ", " + f.Codec, Table: table, Bars: []report.Bars{cpu},
	}
	if f.Peer != nil {
		section.Bars = append(section.Bars, f.beside())
	}
	section.Bars = append(section.Bars, f.Stages.bars())
	return section
}

// beside shows the agent beside GStreamer.
func (f Figures) beside() report.Bars {
	return report.Bars{
		Title: fmt.Sprintf("Grab and encode, ms of processor time per second, GStreamer at the agent's %d frames/s", f.Peer.FrameRate),
		X:     "ms/s", Parts: []string{"grab and encode"},
		Bars: []report.Bar{
			{Name: "agent, drawing", Values: []float64{f.AgentActive}},
			{Name: "GStreamer, drawing", Values: []float64{f.Peer.Active.CPU["gstreamer"]}},
			{Name: "agent, nothing", Values: []float64{f.AgentIdle}},
			{Name: "GStreamer, nothing", Values: []float64{f.Peer.Idle.CPU["gstreamer"]}},
		},
	}
}

// bars show where the time from hand to screen goes.
func (s Stages) bars() report.Bars {
	b := report.Bars{
		Title: fmt.Sprintf("From hand to screen while drawing, ms (%d events)", s.ToX.N), X: "ms",
		Parts: []string{"browser to X", "X to captured", "captured to encoded", "encoded to presented"},
	}
	for _, p := range []struct {
		name string
		of   func(stats.Summary) float64
	}{
		{"p50 of each", func(s stats.Summary) float64 { return s.P50 }},
		{"p95 of each", func(s stats.Summary) float64 { return s.P95 }},
	} {
		b.Bars = append(b.Bars, report.Bar{Name: p.name, Values: []float64{p.of(s.ToX), p.of(s.ToCaptured), p.of(s.ToEncoded), p.of(s.ToPresented)}})
	}
	return b
}
