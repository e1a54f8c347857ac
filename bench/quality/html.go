package quality

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"github.com/easel-live/easel/bench/report"
)

// Page is the report with plots and crops.
func (r Report) Page(command string) report.Page {
	page := report.Page{
		Title: "What a viewer sees",
		Lead: "GIMP is painted on; the pixels of the video in a real browser are compared with those of the X screen, " +
			r.Size + ", in motion and at rest.",
		Facts: []report.Fact{
			{Name: "RGB PSNR in motion", Value: decibels(r.MotionPSNR), Unit: "dB"},
			{Name: "RGB PSNR at rest", Value: decibels(r.RestPSNR), Unit: "dB"},
			{Name: "Every pixel equal after", Value: after(r.ExactAfter), Unit: unit(r.ExactAfter)},
			{Name: "Received while painting", Value: fmt.Sprintf("%.0f", r.KBits), Unit: "kb/s"},
			{Name: "Grab and encode while painting", Value: fmt.Sprintf("%.0f", r.CPUActive), Unit: "CPU ms/s"},
		},
		Machine: r.Machine, Commit: r.Commit, Command: command,
	}
	if r.Equal != nil {
		page.Facts = append(page.Facts,
			report.Fact{Name: "More in motion than GStreamer", Value: fmt.Sprintf("%+.1f", r.GainMotion), Unit: "dB", Note: "at the same rates"},
			report.Fact{Name: "Of GStreamer's processor time", Value: fmt.Sprintf("%.0f", 100*r.CPURatio), Unit: "%", Note: "at the same rates"})
	}
	page.Sections = append(page.Sections,
		report.Section{Title: "Figures", Table: &report.Table{Head: r.head(), Rows: r.cells()}},
		report.Section{
			Title: "One to one", Pictures: r.crops(image.Pt(282, 190), 1),
			Note: "The same part of the screen and of what the viewer was shown, pixel by pixel.",
		},
		report.Section{Title: "Three times as large", Pictures: r.crops(image.Pt(94, 64), 3)},
		report.Section{
			Title: "Coming to rest", Plots: []report.Plot{r.resting()},
			Note: "Each frame that was shown after the last change. 50 dB is where nobody sees a difference.",
		},
		report.Section{Title: "In motion", Plots: []report.Plot{r.motion()}},
	)
	return page
}

func unit(ms *float64) string {
	if ms == nil {
		return ""
	}
	return "ms"
}

// shownMost is where a plot of decibels ends: equal pictures are drawn there.
const shownMost = 70

func (r Report) resting() report.Plot {
	p := report.Plot{Title: "RGB PSNR after the last change", X: "ms", Y: fmt.Sprintf("dB; %d: equal", shownMost)}
	for name, result := range r.viewers {
		line := report.Line{Name: name, Steps: true, Dots: true}
		for _, s := range result.Rounds[len(result.Rounds)-1] {
			line.Points = append(line.Points, report.Point{X: max(s.Ms, 0), Y: min(s.PSNR, shownMost)})
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

func (r Report) motion() report.Plot {
	p := report.Plot{Title: "RGB PSNR, share of moments up to", X: "dB", Y: "%", Zero: true}
	for name, result := range r.viewers {
		var samples []float64
		for _, s := range result.Samples {
			samples = append(samples, min(s.PSNR, shownMost))
		}
		slices.Sort(samples)
		p.Lines = append(p.Lines, report.Line{Name: name, Points: report.Shares(samples), Dots: true})
	}
	return p
}

// crops are the liveliest part of the screen, and of what each viewer showed in
// motion (the moment in the middle) and at rest.
func (r Report) crops(size image.Point, scale int) []report.Picture {
	truth := r.Result.rounds[len(r.Result.rounds)-1].last.truth
	area := liveliest(truth, r.Result.painted, size)
	pictures := []report.Picture{{Caption: "The screen", Image: truth.SubImage(area), Scale: scale}}
	for name, result := range r.viewers {
		motion := result.middle()
		rest := result.rounds[len(result.rounds)-1].last
		pictures = append(pictures,
			report.Picture{Caption: fmt.Sprintf("%s in motion, %s dB", name, decibels(motion.PSNR)), Image: motion.shown.SubImage(area), Scale: scale},
			report.Picture{Caption: fmt.Sprintf("%s at rest, %s dB", name, decibels(rest.PSNR)), Image: rest.shown.SubImage(area), Scale: scale})
	}
	return pictures
}

// middle is the moment of the median PSNR.
func (r *Result) middle() moment {
	sorted := slices.SortedFunc(slices.Values(r.moving), func(a, b moment) int {
		return cmp.Compare(a.PSNR, b.PSNR)
	})
	return sorted[len(sorted)/2]
}

// liveliest is the part of an area with the most difference of colour between
// neighbours: where a codec has the most to lose.
func liveliest(p *image.RGBA, area image.Rectangle, size image.Point) image.Rectangle {
	const stride = 20
	best, most := image.Rectangle{Min: area.Min, Max: area.Min.Add(size)}, -1
	for y := area.Min.Y; y+size.Y <= area.Max.Y; y += stride {
		for x := area.Min.X; x+size.X <= area.Max.X; x += stride {
			part := image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x, y).Add(size)}
			if l := liveliness(p, part); l > most {
				best, most = part, l
			}
		}
	}
	return best.Intersect(p.Rect)
}

// grain is what neighbours of one colour may differ by.
const grain = 80

func liveliness(p *image.RGBA, part image.Rectangle) int {
	total := 0
	for y := part.Min.Y; y < part.Max.Y; y += 2 {
		row := p.Pix[p.PixOffset(part.Min.X, y):p.PixOffset(part.Max.X, y)]
		for i := 4; i < len(row); i += 4 {
			// Red and blue against green: colour, not brightness.
			was := int(row[i-4]) + int(row[i-2]) - 2*int(row[i-3])
			is := int(row[i]) + int(row[i+2]) - 2*int(row[i+1])
			if d := max(is-was, was-is); d > grain {
				total += d
			}
		}
	}
	return total
}
