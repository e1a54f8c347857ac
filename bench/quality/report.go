package quality

import (
	"fmt"
	"strings"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// Report is the outcome.
type Report struct {
	*Result
	// Peer is what the same browser shows of the same display through
	// GStreamer, with the options that neko gives it; nil: not measured.
	Peer *Result `json:"gstreamer"`
	// Equal is the same with the bit rate and frame rate that Easel had.
	Equal *Result `json:"gstreamer_equal"`
	// How Easel differs from Equal: decibels in motion and at rest, where
	// pictures without a difference count as MaxPSNR, and its share of the
	// processor time of grabbing and encoding while painting.
	GainMotion float64 `json:"gain_motion_db"`
	GainRest   float64 `json:"gain_rest_db"`
	CPURatio   float64 `json:"cpu_ratio"`

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

// Compared fills in how Easel differs from GStreamer at the same rates.
func (r Report) Compared(equal *Result) Report {
	r.Equal = equal
	r.GainMotion = stats.Round(r.MotionPSNR-equal.MotionPSNR, 1)
	r.GainRest = stats.Round(r.RestPSNR-equal.RestPSNR, 1)
	if equal.CPUActive > 0 {
		r.CPURatio = stats.Round(r.CPUActive/equal.CPUActive, 2)
	}
	return r
}

// viewers ranges over the viewers that were measured, by name.
func (r Report) viewers(yield func(string, *Result) bool) {
	if !yield("Easel", r.Result) {
		return
	}
	if r.Peer != nil && !yield("neko's GStreamer", r.Peer) {
		return
	}
	if r.Equal != nil {
		yield("at Easel's rates", r.Equal)
	}
}

// head names the viewers in a table.
func (r Report) head() []string {
	names := []string{""}
	for name := range r.viewers {
		names = append(names, name)
	}
	return names
}

// cells are the rows' figures, of each viewer.
func (r Report) cells() [][]string {
	table := make([][]string, len(rows))
	for i, row := range rows {
		table[i] = []string{row.name}
		for _, result := range r.viewers {
			table[i] = append(table[i], row.of(result))
		}
	}
	return table
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What a viewer of %s sees, commit %s, %s with %d cores\n\n", r.Size, r.Commit, r.Machine.CPU, r.Machine.Cores)
	for _, cells := range append([][]string{r.head()}, r.cells()...) {
		fmt.Fprintf(&b, "%-48s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(&b, "%18s", c)
		}
		b.WriteByte('\n')
	}
	if r.Equal != nil {
		fmt.Fprintf(&b, "\nAt the same rates: %+.1f dB in motion, %+.1f dB at rest (%d: equal), %.2f of the processor time\n",
			r.GainMotion, r.GainRest, MaxPSNR, r.CPURatio)
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
