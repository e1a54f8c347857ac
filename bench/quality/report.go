package quality

import (
	"fmt"
	"strings"

	"github.com/easel-live/easel/bench/machine"
)

// Report is the outcome.
type Report struct {
	*Result
	Size    string          `json:"size"` // of the video, in pixels
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What a viewer of %s sees, %s, commit %s, %s with %d cores\n\n", r.Size, r.Codec, r.Commit, r.Machine.CPU, r.Machine.Cores)
	row := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "%-34s "+format+"\n", append([]any{name}, values...)...)
	}
	row("in motion: RGB PSNR, SSIM", "%.1f dB (worst %.1f), %.4f", r.MotionPSNR, r.MotionWorst, r.MotionSSIM)
	row("  of the part painted on", "%.1f dB", r.MotionPainted)
	row("at rest: RGB PSNR, SSIM", "%.1f dB, %.4f", r.RestPSNR, r.RestSSIM)
	row("  of the part painted on", "%.1f dB", r.RestPainted)
	row("  equal pixels, largest error", "%.2f%%, %d of 255", 100*r.RestExact, r.RestMaxError)
	row("  visually exact / exact after", "%s / %s", after(r.VisuallyExactAfter), after(r.ExactAfter))
	row("bit rate while painting", "%.0f kb/s, %.1f frames/s", r.KBits, r.Active.Frames)
	row("received per rest", "%.0f kb", r.RestKBits)
	row("CPU of the agent while painting", "%.0f ms/s", r.Active.CPU["agent"])
	return b.String()
}

func after(ms *float64) string {
	if ms == nil {
		return "never"
	}
	return fmt.Sprintf("%.0f ms", *ms)
}
