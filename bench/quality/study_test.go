package quality

import (
	"image"
	"sync"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
)

// easel is screen and viewer in one: the viewer sees the screen one step darker
// while the picture moves, and exactly in the last frame of a rest.
type easel struct {
	mu      sync.Mutex // the painter moves in the background
	picture *image.RGBA
	moved   int
	rest    bool
}

func (e *easel) Picture() (browser.Picture, error) {
	return browser.Picture{Width: 64, Height: 64, ShownWidth: 64, ShownHeight: 64}, nil
}

func (e *easel) Move(x, y float64, _ bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.moved++
	e.picture.Pix[e.picture.PixOffset(int(x), int(y))] = 200
	return nil
}

func (e *easel) Press(float64, float64) error   { return nil }
func (e *easel) Release(float64, float64) error { return nil }

func (e *easel) Grab() (*image.RGBA, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &image.RGBA{Pix: append([]byte(nil), e.picture.Pix...), Stride: e.picture.Stride, Rect: e.picture.Rect}, nil
}

func (e *easel) Transport() (browser.Transport, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return browser.Transport{Bytes: 1000 * e.moved}, nil
}

func (e *easel) Record(gap time.Duration) error {
	e.rest = gap > 0
	return nil
}

func (e *easel) Recorded() ([]browser.Shot, error) {
	shots := make([]browser.Shot, 3)
	for i := range shots {
		shots[i] = browser.Shot{At: float64(time.Now().UnixMicro())/1000 + float64(i), Width: 64, Height: 64}
	}
	return shots, nil
}

func (e *easel) Pixels(i int, _ browser.Shot) (*image.RGBA, error) {
	p, err := e.Grab()
	for j := range p.Pix {
		if j%4 < 3 && !(e.rest && i == 2) {
			p.Pix[j] ^= byte(4 >> i)
		}
	}
	return p, err
}

func TestStudy(t *testing.T) {
	e := &easel{picture: filled(64, 64, chequers)}
	s := Study{Viewer: e, Screen: e, Spots: []gimp.Spot{{X: 0.2, Y: 0.2}, {X: 0.8, Y: 0.8}},
		Options: Options{Samples: 2, Rounds: 2, Rest: time.Millisecond, Shown: time.Millisecond}}
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The best frame of a movement is off by one everywhere: 48.13 dB.
	if r.MotionPSNR != 48.13 || r.MotionWorst != 48.13 || len(r.Samples) != 2 {
		t.Errorf("in motion %v, worst %v, %d samples", r.MotionPSNR, r.MotionWorst, len(r.Samples))
	}
	if r.RestPSNR != MaxPSNR || r.RestExact != 1 || r.RestMaxError != 0 || len(r.Rounds) != 2 {
		t.Errorf("%+v", r)
	}
	if r.ExactAfter == nil || r.VisuallyExactAfter == nil || *r.ExactAfter < 0 {
		t.Errorf("exact after %v, %v", r.VisuallyExactAfter, r.ExactAfter)
	}
	if !r.painted.In(e.picture.Rect) || r.painted.Empty() {
		t.Errorf("painted on %v", r.painted)
	}
}

func TestSlowestRoundCounts(t *testing.T) {
	step := func(ms int, exact float64) Step {
		return Step{After: time.Duration(ms) * time.Millisecond, Likeness: Likeness{Exact: exact}}
	}
	good := func(l Likeness) bool { return l.Exact == 1 }
	r := Result{rounds: []round{
		{steps: []Step{step(-5, 0.5), step(100, 1)}},
		{steps: []Step{step(50, 1), step(80, 0.9), step(300, 1), step(400, 1)}},
	}}
	if got := r.slowest(good); got == nil || *got != 300 {
		t.Errorf("%v", got)
	}
	r.rounds = append(r.rounds, round{steps: []Step{step(10, 1), step(20, 0.9)}})
	if got := r.slowest(good); got != nil {
		t.Errorf("a round that ends inexact: %v", *got)
	}
}
