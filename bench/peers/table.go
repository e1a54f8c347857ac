package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// columns of the table, with the figure each shows.
var columns = []struct {
	title string
	of    func(*figures) *float64
}{
	{"CPU µs/packet", func(f *figures) *float64 { return &f.CPU }},
	{"user", func(f *figures) *float64 { return &f.CPUUser }},
	{"kernel", func(f *figures) *float64 { return &f.CPUKernel }},
	{"busy %", func(f *figures) *float64 { return &f.Busy }},
	{"loss", func(f *figures) *float64 { return &f.Loss }},
	{"delay p50 ms", func(f *figures) *float64 { return &f.DelayP50 }},
	{"p99", func(f *figures) *float64 { return &f.DelayP99 }},
	{"join p50 ms", func(f *figures) *float64 { return &f.JoinP50 }},
	{"p95", func(f *figures) *float64 { return &f.JoinP95 }},
	{"bytes/viewer", func(f *figures) *float64 { return &f.Memory }},
	{"goroutines/viewer", func(f *figures) *float64 { return &f.Goroutines }},
	{"packets out", func(f *figures) *float64 { return &f.PacketsOut }},
}

// median takes the median of each figure by itself.
func median(runs []figures) figures {
	var m figures
	for _, c := range columns {
		values := make([]float64, len(runs))
		for i := range runs {
			values[i] = *c.of(&runs[i])
		}
		slices.Sort(values)
		if n := len(values); n > 0 {
			*c.of(&m) = (values[(n-1)/2] + values[n/2]) / 2
		}
	}
	return m
}

// writeTable prints the medians, and below each scenario the first server's as
// a share of the second's.
func writeTable(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := "scenario\tserver"
	for _, c := range columns {
		line += "\t" + c.title
	}
	fmt.Fprintln(w, line)
	for i := range results {
		r := &results[i]
		line := fmt.Sprintf("%v %s\t%s", r.scenario, r.Link, r.Server)
		for _, c := range columns {
			line += fmt.Sprintf("\t%.6g", *c.of(&r.Median))
		}
		fmt.Fprintln(w, line)
		if i > 0 && results[i-1].scenario == r.scenario && results[i-1].Link == r.Link {
			fmt.Fprintln(w, ratio(&results[i-1], r))
		}
	}
	return w.Flush()
}

func ratio(a, b *result) string {
	line := fmt.Sprintf("%v %s\tratio", a.scenario, a.Link)
	for _, c := range columns {
		if d := *c.of(&b.Median); d != 0 {
			line += fmt.Sprintf("\t%.3f", *c.of(&a.Median)/d)
		} else {
			line += "\t-"
		}
	}
	return line
}
