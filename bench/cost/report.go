package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// Report is the outcome: that of the first size by itself, and of all.
type Report struct {
	Figures
	Sizes   []Figures       `json:"sizes"`
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`
}

// Figures are those of a display of one size.
type Figures struct {
	Size         string  `json:"size"`                // of the video, in pixels
	AgentActive  float64 `json:"cpu_ms_per_active_s"` // of the agent, while drawing
	AgentIdle    float64 `json:"cpu_ms_per_idle_s"`
	FramesIdle   float64 `json:"frames_per_idle_s"`
	FramesActive float64 `json:"frames_per_active_s"`
	// KBits is what a viewer receives while somebody draws, per second.
	KBits float64 `json:"kbps"`

	Idle   Rates `json:"idle"`
	Active Rates `json:"active"`
	Scroll Rates `json:"scroll"` // the wheel, at twice the size
	Pan    Rates `json:"pan"`    // the view dragged about

	Stages Stages `json:"stages"` // while drawing
	Codec  string `json:"codec"`

	// Peer is GStreamer on the same display; nil: not measured. CPURatio is the
	// agent's processor time while somebody draws over GStreamer's.
	Peer     *Peer   `json:"gstreamer"`
	CPURatio float64 `json:"cpu_ratio"`
}

// Peer is what another way to grab and encode costs, as part "gstreamer".
type Peer struct {
	FrameRate int   `json:"frame_rate"` // that it was told to keep to
	Idle      Rates `json:"idle"`
	Active    Rates `json:"active"` // while somebody draws
}

// Stages are the parts of the way from hand to screen, in milliseconds, of the
// events that the client itself measured.
type Stages struct {
	ToX         stats.Summary `json:"browser_to_x_ms"`
	ToCaptured  stats.Summary `json:"x_to_captured_ms"` // the application's own time in it
	ToEncoded   stats.Summary `json:"captured_to_encoded_ms"`
	ToPresented stats.Summary `json:"encoded_to_presented_ms"`
}

// NewStages reduces the client's measurements.
func NewStages(photons []browser.Photon) Stages {
	of := func(part func(browser.Photon) float64) stats.Summary {
		samples := make([]float64, len(photons))
		for i, p := range photons {
			samples[i] = part(p) / 1000
		}
		return stats.Summarize(samples).Rounded(2)
	}
	return Stages{
		ToX:         of(func(p browser.Photon) float64 { return p.Injected - p.SentAt }),
		ToCaptured:  of(func(p browser.Photon) float64 { return p.Captured - p.Injected }),
		ToEncoded:   of(func(p browser.Photon) float64 { return p.Encoded - p.Captured }),
		ToPresented: of(func(p browser.Photon) float64 { return p.Presented - p.Encoded }),
	}
}

// Complete fills in the figures that follow from others.
func (f *Figures) Complete() {
	f.AgentActive, f.AgentIdle = f.Active.CPU["agent"], f.Idle.CPU["agent"]
	f.FramesActive, f.FramesIdle = f.Active.Frames, f.Idle.Frames
	f.KBits = f.Active.KBits
	if f.Peer != nil && f.Peer.Active.CPU["gstreamer"] > 0 {
		f.CPURatio = stats.Round(f.AgentActive/f.Peer.Active.CPU["gstreamer"], 2)
	}
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A session, commit %s, %s with %d cores\n", r.Commit, r.Machine.CPU, r.Machine.Cores)
	for _, f := range r.Sizes {
		b.WriteString("\n" + f.String())
	}
	return b.String()
}

// String is a size's table for people.
func (f Figures) String() string {
	var b strings.Builder
	row := func(name string, of func(Rates) float64) {
		fmt.Fprintf(&b, "%-24s %10.1f %10.1f %10.1f %10.1f\n", name, of(f.Idle), of(f.Active), of(f.Scroll), of(f.Pan))
	}
	fmt.Fprintf(&b, "%-24s %10s %10s %10s %10s\n", f.Size+" "+f.Codec, "idle", "drawing", "scrolling", "panning")
	for _, part := range slices.Sorted(maps.Keys(f.Active.CPU)) {
		row("CPU ms/s, "+part, func(r Rates) float64 { return r.CPU[part] })
	}
	row("frames/s", func(r Rates) float64 { return r.Frames })
	row("kb/s", func(r Rates) float64 { return r.KBits })
	if p := f.Peer; p != nil {
		fmt.Fprintf(&b, "%-24s %10.1f %10.1f (%.1f frames/s, %.0f kb/s; the agent takes %.2f of it while drawing)\n",
			"CPU ms/s, GStreamer", p.Idle.CPU["gstreamer"], p.Active.CPU["gstreamer"], p.Active.Frames, p.Active.KBits, f.CPURatio)
	}
	s := f.Stages
	fmt.Fprintf(&b, "%-24s %s, %s, %s, %s (p50/p95 ms, n = %d)\n", "hand to screen",
		stage("to X", s.ToX), stage("captured", s.ToCaptured), stage("encoded", s.ToEncoded), stage("presented", s.ToPresented), s.ToX.N)
	return b.String()
}

func stage(name string, s stats.Summary) string {
	return fmt.Sprintf("%s %.1f/%.1f", name, s.P50, s.P95)
}
