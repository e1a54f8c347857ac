package quality

import (
	"image"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/stats"
)

// VisuallyExact is the PSNR from which nobody sees a difference, in decibels.
const VisuallyExact = 50

// Result are the figures of one viewer.
type Result struct {
	MotionPSNR float64 `json:"rgb_psnr_motion_db"` // median over the samples
	RestPSNR   float64 `json:"rgb_psnr_rest_db"`   // of the worst round, at its end
	KBits      float64 `json:"kbps"`               // received while painting goes on
	MotionSSIM float64 `json:"ssim_motion"`
	RestSSIM   float64 `json:"ssim_rest"`
	// MotionWorst is the worst sample's PSNR; MotionPainted is the median within
	// the part of the screen that is painted on, RestPainted the worst round's.
	MotionWorst   float64 `json:"rgb_psnr_motion_worst_db"`
	MotionPainted float64 `json:"rgb_psnr_motion_painted_db"`
	RestPainted   float64 `json:"rgb_psnr_rest_painted_db"`
	// RestExact is the share of equal pixels at the end of the worst round, and
	// RestMaxError the largest error of a channel then.
	RestExact    float64 `json:"exact_share_rest"`
	RestMaxError int     `json:"max_error_rest"`
	// VisuallyExactAfter and ExactAfter are when the picture of the slowest round
	// became so for good, after its last change; nil: not within the rest.
	VisuallyExactAfter *float64 `json:"visually_exact_after_ms"`
	ExactAfter         *float64 `json:"exact_after_ms"`
	RestKBits          float64  `json:"rest_kbits"` // received per rest, in all

	// Of what grabs and encodes, per second.
	CPUActive float64 `json:"cpu_ms_per_active_s"`
	CPUIdle   float64 `json:"cpu_ms_per_idle_s"`

	Samples []Likeness `json:"samples"`
	Rounds  [][]Step   `json:"rounds"`
	Active  cost.Rates `json:"active"` // while painting goes on
	Idle    cost.Rates `json:"idle"`

	Codec string `json:"codec"`

	moving  []moment
	rounds  []round
	painted image.Rectangle
}

// Step is a frame that was shown after the picture came to rest.
type Step struct {
	After time.Duration `json:"-"`
	Ms    float64       `json:"after_ms"`
	Likeness
}

func (r *Result) summarize() {
	var psnrs, ssims, inside []float64
	for _, m := range r.moving {
		psnrs, ssims = append(psnrs, m.PSNR), append(ssims, m.SSIM)
		inside = append(inside, Compare(m.truth, m.shown, r.painted).PSNR)
		r.Samples = append(r.Samples, m.Likeness.rounded())
	}
	all := stats.Summarize(psnrs)
	r.MotionPSNR, r.MotionWorst = stats.Round(all.P50, 2), stats.Round(all.Min, 2)
	r.MotionPainted = stats.Round(stats.Summarize(inside).P50, 2)
	r.MotionSSIM = stats.Round(stats.Summarize(ssims).P50, 4)
	r.KBits = r.Active.KBits
	r.settle()
}

// settle reduces the rounds at rest to the worst of them.
func (r *Result) settle() {
	for i, round := range r.rounds {
		last := round.last
		inside := Compare(last.truth, last.shown, r.painted).PSNR
		if i == 0 || last.PSNR < r.RestPSNR {
			l := last.Likeness.rounded()
			r.RestPSNR, r.RestSSIM, r.RestExact, r.RestMaxError = l.PSNR, l.SSIM, l.Exact, l.MaxError
			r.RestPainted = stats.Round(inside, 2)
		}
		r.RestKBits += round.kbits / float64(len(r.rounds))
		steps := make([]Step, len(round.steps))
		for j, s := range round.steps {
			steps[j] = Step{After: s.After, Ms: stats.Round(float64(s.After)/float64(time.Millisecond), 1), Likeness: s.Likeness.rounded()}
		}
		r.Rounds = append(r.Rounds, steps)
	}
	r.RestKBits = stats.Round(r.RestKBits, 1)
	r.VisuallyExactAfter = r.slowest(func(l Likeness) bool { return l.PSNR >= VisuallyExact })
	r.ExactAfter = r.slowest(func(l Likeness) bool { return l.Exact == 1 })
}

// slowest is when the last of the rounds became good for good, in milliseconds;
// nil when one did not. What was good when the rest began counts as 0.
func (r *Result) slowest(good func(Likeness) bool) *float64 {
	latest := 0.0
	for _, round := range r.rounds {
		var since *Step
		for i := range round.steps {
			switch s := &round.steps[i]; {
			case !good(s.Likeness):
				since = nil
			case since == nil:
				since = s
			}
		}
		if since == nil {
			return nil
		}
		latest = max(latest, float64(since.After)/float64(time.Millisecond))
	}
	latest = stats.Round(latest, 1)
	return &latest
}

func (l Likeness) rounded() Likeness {
	l.PSNR, l.SSIM, l.Exact = stats.Round(l.PSNR, 2), stats.Round(l.SSIM, 4), floor(l.Exact)
	return l
}

// floor keeps six digits of a share and never makes an inexact picture exact.
func floor(share float64) float64 { return float64(int(share*1e6)) / 1e6 }
