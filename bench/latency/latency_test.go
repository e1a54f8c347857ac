package latency

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// page answers every press after 7 ms, unless deaf.
type page struct {
	state    browser.Colour
	want     browser.Colour
	deaf     func(press int) bool
	presses  int
	released int
	moved    int
}

func (p *page) Picture() (browser.Picture, error) {
	return browser.Picture{Width: 64, Height: 40, Left: 10, ShownWidth: 640, ShownHeight: 400}, nil
}
func (p *page) Lumas(columns, rows int) ([]int, error) { return make([]int, columns*rows), nil }
func (p *page) Key(string, ...kb.Modifier) error       { return nil }
func (p *page) Move(float64, float64, bool) error      { p.moved++; return nil }
func (p *page) Release(float64, float64) error         { p.released++; return nil }

func (p *page) Press(x, y float64) error {
	p.presses++
	if p.deaf == nil || !p.deaf(p.presses) {
		p.state = p.want
	}
	return nil
}

func (p *page) Arm(_, _ float64, want browser.Colour) error {
	if want == p.state {
		return browser.ErrAlready
	}
	p.want = want
	return nil
}

func (p *page) Result(time.Duration) (browser.Sample, error) {
	if p.state != p.want {
		return browser.Sample{}, browser.ErrNoChange
	}
	return browser.Sample{OK: true, Stamp: 100, Callback: 106, Held: 107}, nil
}

var quick = Options{N: 20, Warmup: 3, Gap: 0, Timeout: time.Second}

func TestRunToggles(t *testing.T) {
	p := &page{state: browser.Dark}
	samples, missed, err := Run(context.Background(), p, Toggle{}, quick)
	if err != nil || missed != 0 || len(samples) != quick.N {
		t.Fatalf("%d samples, %d missed, %v", len(samples), missed, err)
	}
	if p.presses != 23 || p.released != 23 || p.moved != 1 {
		t.Errorf("%+v", p)
	}
}

func TestRunCountsMisses(t *testing.T) {
	p := &page{state: browser.Dark, deaf: func(n int) bool { return n == 2 || n == 9 }}
	samples, missed, err := Run(context.Background(), p, Toggle{}, quick)
	if err != nil || missed != 1 || len(samples) != quick.N-1 {
		t.Errorf("%d samples, %d missed, %v: the warm-up's miss does not count", len(samples), missed, err)
	}
}

func TestRunRefusesToFlatter(t *testing.T) {
	p := &page{state: browser.Dark, deaf: func(n int) bool { return n%2 == 0 }}
	if _, _, err := Run(context.Background(), p, Toggle{}, quick); !errors.Is(err, ErrTooFew) {
		t.Errorf("got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Run(ctx, &page{}, Toggle{}, quick); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPencilTakesAPlaceOfItsOwn(t *testing.T) {
	pencil := &Pencil{spots: []gimp.Spot{{X: 0.25, Y: 0.5}, {X: 0.75, Y: 0.5}}}
	p := &page{state: browser.Bright}
	for i, want := range []float64{10 + 160, 10 + 480} {
		x, y, err := pencil.Arm(context.Background(), p, i)
		if err != nil || x != want || y != 200 {
			t.Errorf("press %d at %v,%v (%v), want %v,200", i, x, y, err, want)
		}
	}
	if p.moved != 2 {
		t.Errorf("moved %d times", p.moved)
	}
}

func TestReport(t *testing.T) {
	const origin = 1.7e12 // milliseconds since 1970
	unix := func(ms float64) float64 { return (origin + ms) * 1000 }
	measured := browser.Sample{
		Origin: origin, Stamp: 1000, Handled: 1001, Callback: 1014, Held: 1016, Presentation: 1013, Display: 1025,
		Receive: 1010, Decode: 1.5,
		Photon: &browser.Photon{SentAt: unix(1000), Injected: unix(1003), Captured: unix(1005), Encoded: unix(1009), Presented: unix(1025)},
	}
	alone := browser.Sample{Stamp: 50, Callback: 89, Held: 90}
	r := NewReport([]browser.Sample{measured, alone}, 1)
	if r.N != 2 || r.Missed != 1 || r.P50 != 16 || r.P95 != 40 || r.Max != 40 {
		t.Errorf("%+v", r)
	}
	for name, c := range map[string][2]float64{
		"browser to X": {r.Split.BrowserToX.P50, 3}, "X to encoded": {r.Split.XToEncoded.P50, 6},
		"encoded to presented": {r.Split.EncodedToPresented.P50, 7}, "X to captured": {r.Split.XToCaptured.P50, 2},
		"encoded to received": {r.Split.EncodedToReceived.P50, 1}, "received to presented": {r.Split.ReceivedToPresented.P50, 6},
		"decode": {r.Split.Decode.P50, 1.5}, "own": {r.Own.P50, 25}, "expected": {r.Display.P50, 25},
	} {
		if math.Abs(c[0]-c[1]) > 0.01 {
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
	later := measured
	later.RTPTimestamp, later.Receive = 7, 1030 // another frame than the product measured
	if r := NewReport([]browser.Sample{later}, 0); r.Split.XToEncoded.N != 0 || math.Abs(r.Split.XToReceived.P50-27) > 0.01 {
		t.Errorf("a later frame is taken for the first: %+v", r.Split)
	}
	if r.Split.BrowserToX.N != 1 {
		t.Errorf("the split has a press that was not measured: %+v", r.Split.BrowserToX)
	}
	if sum := r.Split.BrowserToX.P50 + r.Split.XToEncoded.P50 + r.Split.EncodedToPresented.P50; math.Abs(sum-16) > 0.01 {
		t.Errorf("the parts add up to %v", sum)
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "browser to X") {
		t.Errorf("%v:\n%s", err, &out)
	}
}
