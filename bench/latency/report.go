package latency

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// Split is where the milliseconds go. The first three parts add up to each
// press's latency; they and their own parts are of the presses that were
// answered by the first frame with any effect, which is the one that the product
// measures.
type Split struct {
	BrowserToX         stats.Summary `json:"browser_to_x_ms"`         // press → X server has it
	XToEncoded         stats.Summary `json:"x_to_encoded_ms"`         // → application, damage, grab, encode
	EncodedToPresented stats.Summary `json:"encoded_to_presented_ms"` // → network, decode, compositor, page
	XToCaptured        stats.Summary `json:"x_to_captured_ms"`        // of the second: until the pixels were read
	EncodedToReceived  stats.Summary `json:"encoded_to_received_ms"`  // of the third: server and network
	// Of all presses, whichever frame showed the change.
	PressToPage         stats.Summary `json:"press_to_page_ms"`         // until the page heard it
	XToReceived         stats.Summary `json:"x_to_received_ms"`         // application to network
	ReceivedToPresented stats.Summary `json:"received_to_presented_ms"` // the browser
	Decode              stats.Summary `json:"decode_ms"`
}

// Report is the outcome of a run.
type Report struct {
	P50    float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
	N      int     `json:"n"`
	Missed int     `json:"missed"` // presses without effect in time
	Target string  `json:"target"`
	Via    string  `json:"via"`
	Codec  string  `json:"codec"`
	Size   string  `json:"size"` // of the video, in pixels
	// Display is the latency to the time at which the browser expects the frame
	// on its screen, from the callback's metadata: a guess, for comparison.
	Display stats.Summary `json:"expected_display_ms"`
	// Own is what the client measures and shows for the same presses.
	Own     stats.Summary   `json:"client_photon_ms"`
	Split   Split           `json:"split"`
	Floor   stats.Summary   `json:"floor"` // a canvas of this browser alone, in milliseconds
	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`
}

// NewReport reduces samples. What is not in the samples is for the caller to
// fill in.
func NewReport(samples []browser.Sample, missed int) Report {
	of := func(part func(browser.Sample) (ms float64, known bool)) stats.Summary {
		values := make([]float64, 0, len(samples))
		for _, s := range samples {
			if v, known := part(s); known {
				values = append(values, v)
			}
		}
		return stats.Summarize(values).Rounded(2)
	}
	// photon are Unix microseconds, the page's own times its milliseconds.
	page := func(s browser.Sample, unix float64) float64 { return unix/1000 - s.Origin }
	all := of(func(s browser.Sample) (float64, bool) { return s.Latency(), true })
	measured := func(which func(browser.Sample) bool, part func(s browser.Sample, p *browser.Photon) float64) stats.Summary {
		return of(func(s browser.Sample) (float64, bool) {
			if s.Photon == nil || !which(s) {
				return 0, false
			}
			return part(s, s.Photon), true
		})
	}
	first, answered := browser.Sample.FirstFrame, browser.Sample.OfAnswer
	return Report{
		P50: all.P50, P95: all.P95, P99: all.P99, Max: all.Max, N: all.N, Missed: missed,
		Display: of(func(s browser.Sample) (float64, bool) { return s.Display - s.Stamp, s.OfAnswer() }),
		Own: measured(func(browser.Sample) bool { return true },
			func(_ browser.Sample, p *browser.Photon) float64 { return (p.Presented - p.SentAt) / 1000 }),
		Split: Split{
			BrowserToX: measured(first, func(s browser.Sample, p *browser.Photon) float64 { return page(s, p.Injected) - s.Stamp }),
			XToEncoded: measured(first, func(_ browser.Sample, p *browser.Photon) float64 { return (p.Encoded - p.Injected) / 1000 }),
			EncodedToPresented: measured(first, func(s browser.Sample, p *browser.Photon) float64 {
				return s.Presented() - page(s, p.Encoded)
			}),
			XToCaptured:         measured(first, func(_ browser.Sample, p *browser.Photon) float64 { return (p.Captured - p.Injected) / 1000 }),
			EncodedToReceived:   measured(first, func(s browser.Sample, p *browser.Photon) float64 { return s.Receive - page(s, p.Encoded) }),
			PressToPage:         of(func(s browser.Sample) (float64, bool) { return s.Handled - s.Stamp, true }),
			XToReceived:         measured(answered, func(s browser.Sample, p *browser.Photon) float64 { return s.Receive - page(s, p.Injected) }),
			ReceivedToPresented: of(func(s browser.Sample) (float64, bool) { return s.Presented() - s.Receive, s.OfAnswer() }),
			Decode:              of(func(s browser.Sample) (float64, bool) { return s.Decode, s.OfAnswer() }),
		},
	}
}

// Print writes the report for people.
func (r Report) Print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(to, "Press to changed pixel, %s, %s, %s %s, commit %s\n", r.Target, r.Via, r.Size, r.Codec, r.Commit)
	fmt.Fprintf(to, "%s, %d cores, kernel %s, load %.1f, idle %.0f%% before and %.0f%% during\n\n",
		r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Load, r.Machine.IdleBefore, r.Machine.IdleDuring)
	fmt.Fprintf(w, "ms\tn\tp50\tp95\tp99\tmax\t\n")
	row := func(name string, s stats.Summary) {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t\n", name, s.N, s.P50, s.P95, s.P99, s.Max)
	}
	row("press to photon", stats.Summary{N: r.N, P50: r.P50, P95: r.P95, P99: r.P99, Max: r.Max})
	row("browser to X", r.Split.BrowserToX)
	row("X to encoded", r.Split.XToEncoded)
	row("encoded to presented", r.Split.EncodedToPresented)
	row("X to captured", r.Split.XToCaptured)
	row("encoded to received", r.Split.EncodedToReceived)
	row("all: press to page", r.Split.PressToPage)
	row("X to received", r.Split.XToReceived)
	row("received to presented", r.Split.ReceivedToPresented)
	row("decode", r.Split.Decode)
	row("also: browser's expectation", r.Display)
	row("the client's own figure", r.Own)
	row("floor: local canvas", r.Floor)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "\n%d of %d presses had no effect in time\n", r.Missed, r.Missed+r.N)
	return err
}
