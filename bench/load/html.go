package load

import (
	"fmt"
	"slices"

	"github.com/easel-live/easel/bench/report"
)

// Page is the report with the plots of delay, cost and joining.
func (r *Report) Page(command string) report.Page {
	var p50, p99, cpu, in, out []report.Point
	for _, s := range r.Timeline {
		p50 = append(p50, report.Point{X: s.At, Y: s.DelayP50})
		p99 = append(p99, report.Point{X: s.At, Y: s.DelayP99})
		cpu = append(cpu, report.Point{X: s.At, Y: s.CPU})
		in = append(in, report.Point{X: s.At, Y: float64(s.PacketsIn)})
		out = append(out, report.Point{X: s.At, Y: float64(s.PacketsOut)})
	}
	return report.Page{
		Title: fmt.Sprintf("%d × %d viewers", r.Rooms, r.Viewers),
		Lead: fmt.Sprintf("Rooms with one publisher at %d kb/s (%s) and %d viewers each, %.0f s; SRTP %s, feedback %s.",
			r.Bitrate/1000, r.Codec, r.Viewers, r.Seconds, r.Cipher, r.Feedback),
		Facts: []report.Fact{
			{Name: "Server CPU per forwarded packet", Value: fmt.Sprintf("%.2f", r.CPU), Unit: "µs",
				Note: fmt.Sprintf("user %.2f, kernel %.2f", r.CPUUser, r.CPUKernel)},
			{Name: "Added delay, p50 / p99", Value: fmt.Sprintf("%.1f / %.1f", r.DelayP50, r.DelayP99), Unit: "ms"},
			{Name: "Loss", Value: fmt.Sprintf("%.4f", 100*r.Loss), Unit: "%"},
			{Name: "Join to first picture, p50 / p95", Value: fmt.Sprintf("%.0f / %.0f", r.JoinP50, r.JoinP95), Unit: "ms"},
		},
		Sections: []report.Section{
			{Title: "Figures", Table: &report.Table{Rows: r.rows()}},
			{Title: "Delay", Plots: []report.Plot{
				{Title: "Added delay over time", X: "s", Y: "ms", Zero: true, Lines: []report.Line{{Name: "p50", Points: p50}, {Name: "p99", Points: p99}}},
				{Title: "Share of packets within", X: "ms", Y: "%", Zero: true, Lines: []report.Line{{Points: r.delayShares()}}},
			}},
			{Title: "Cost", Plots: []report.Plot{
				{Title: "Server CPU per forwarded packet", X: "s", Y: "µs", Zero: true, Lines: []report.Line{{Points: cpu}}},
				{Title: "Packets per second", X: "s", Y: "", Zero: true, Lines: []report.Line{{Name: "forwarded", Points: out}, {Name: "published", Points: in}}},
			}},
			{Title: "Joining", Plots: []report.Plot{
				{Title: "Join to first picture, share of viewers within", X: "ms", Y: "%", Zero: true, Lines: []report.Line{{Points: report.Shares(slices.Sorted(slices.Values(r.join))), Dots: true}}},
			}},
		},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
}

func (r *Report) rows() [][]string {
	return [][]string{
		{"Server busy, of one core", fmt.Sprintf("%.0f %%", r.Busy)},
		{"Packets in / out", fmt.Sprintf("%d / %d", r.PacketsIn, r.PacketsOut)},
		{"Packets that should have come", fmt.Sprint(r.PacketsExpected)},
		{"Repeats / the server's own", fmt.Sprintf("%d / %d", r.Repeats, r.Padding)},
		{"UDP receive buffer overflows on this machine", fmt.Sprint(r.UDPOverflows)},
		{"Join to first packet, p50 / p95", fmt.Sprintf("%.0f / %.0f ms", r.JoinPacketP50, r.JoinPacketP95)},
		{"Key frames asked for", fmt.Sprint(r.KeyframesAsked)},
		{"Server memory per viewer", fmt.Sprintf("%d KB", r.MemoryPerViewer/1024)},
		{"Server goroutines per viewer", fmt.Sprintf("%.1f", r.GoroutinesPerViewer)},
	}
}

// delayShares is the distribution of the delay up to its 99.5th percentile.
func (r *Report) delayShares() []report.Point {
	var points []report.Point
	if r.delay == nil {
		return nil
	}
	for p := 0.5; p < 100; p += 0.5 {
		points = append(points, report.Point{X: millis(r.delay.Percentile(p)), Y: p})
	}
	return points
}
