package quality

import (
	"fmt"
	"strings"

	"github.com/easel-live/easel/bench/machine"
)

// Report is the outcome.
type Report struct {
	*Result
	// Peer is what the same browser shows of the same display through
	// GStreamer, with the options that neko gives it; nil: not measured.
	Peer    *Result         `json:"gstreamer"`
	Size    string          `json:"size"` // of the video, in pixels
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`
}

// row is a figure of one viewer by name.
type row struct {
	name string
	of   func(r *Result) string
}

var rows = []row{
	{"RGB PSNR in motion, dB", func(r *Result) string { return fmt.Sprintf("%.1f", r.MotionPSNR) }},
	{"worst moment, dB", func(r *Result) string { return fmt.Sprintf("%.1f", r.MotionWorst) }},
	{"of the part painted on, dB", func(r *Result) string { return fmt.Sprintf("%.1f", r.MotionPainted) }},
	{"SSIM in motion", func(r *Result) string { return fmt.Sprintf("%.4f", r.MotionSSIM) }},
	{"RGB PSNR at rest, dB", func(r *Result) string { return decibels(r.RestPSNR) }},
	{"of the part painted on, dB", func(r *Result) string { return decibels(r.RestPainted) }},
	{"SSIM at rest", func(r *Result) string { return fmt.Sprintf("%.4f", r.RestSSIM) }},
	{"equal pixels at rest, %", func(r *Result) string { return fmt.Sprintf("%.2f", 100*r.RestExact) }},
	{"largest error at rest, of 255", func(r *Result) string { return fmt.Sprint(r.RestMaxError) }},
	{"visually exact (50 dB) after, ms", func(r *Result) string { return after(r.VisuallyExactAfter) }},
	{"every pixel equal after, ms", func(r *Result) string { return after(r.ExactAfter) }},
	{"received while painting, kb/s", func(r *Result) string { return fmt.Sprintf("%.0f", r.KBits) }},
	{"received at rest, kb/s", func(r *Result) string { return fmt.Sprintf("%.0f", r.Idle.KBits) }},
	{"received until exact, kb", func(r *Result) string { return fmt.Sprintf("%.0f", r.RestKBits) }},
	{"frames per second while painting", func(r *Result) string { return fmt.Sprintf("%.1f", r.Active.Frames) }},
	{"grab and encode, CPU ms per second of painting", func(r *Result) string { return fmt.Sprintf("%.0f", r.CPUActive) }},
	{"the same per second at rest", func(r *Result) string { return fmt.Sprintf("%.1f", r.CPUIdle) }},
	{"codec", func(r *Result) string { return r.Codec }},
}

// cells are the rows' figures, of the peer too when there is one.
func (r Report) cells() [][]string {
	table := make([][]string, len(rows))
	for i, row := range rows {
		table[i] = []string{row.name, row.of(r.Result)}
		if r.Peer != nil {
			table[i] = append(table[i], row.of(r.Peer))
		}
	}
	return table
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What a viewer of %s sees, commit %s, %s with %d cores\n\n", r.Size, r.Commit, r.Machine.CPU, r.Machine.Cores)
	fmt.Fprintf(&b, "%-48s%16s", "", "Easel")
	if r.Peer != nil {
		fmt.Fprintf(&b, "%16s", "GStreamer")
	}
	b.WriteByte('\n')
	for _, cells := range r.cells() {
		fmt.Fprintf(&b, "%-48s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(&b, "%16s", c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func after(ms *float64) string {
	if ms == nil {
		return "never"
	}
	return fmt.Sprintf("%.0f", *ms)
}

func decibels(v float64) string {
	if v == MaxPSNR {
		return "equal"
	}
	return fmt.Sprintf("%.1f", v)
}
