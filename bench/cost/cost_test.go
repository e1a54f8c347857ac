package cost

import (
	"context"
	"errors"
	"os"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/gimp"
	"github.com/easel-live/easel/bench/machine"
)

func TestBetween(t *testing.T) {
	at := time.Unix(1000, 0)
	from := reading{at: at, cpu: map[string]time.Duration{"agent": time.Second, "x": 0}, frames: 10, bytes: 1000}
	to := reading{at: at.Add(4 * time.Second), cpu: map[string]time.Duration{"agent": 1200 * time.Millisecond, "x": 0}, frames: 130, bytes: 501000}
	got := between(from, to)
	want := Rates{CPU: map[string]float64{"agent": 50, "x": 0}, Frames: 30, KBits: 1000, Seconds: 4}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f := Figures{Idle: Rates{CPU: map[string]float64{"agent": 1}}, Active: got}
	f.Peer = &Peer{FrameRate: 30, Active: Rates{CPU: map[string]float64{"gstreamer": 200}}}
	f.Complete()
	if f.AgentIdle != 1 || f.AgentActive != 50 || f.FramesIdle != 0 || f.FramesActive != 30 || f.KBits != 1000 || f.CPURatio != 0.25 {
		t.Errorf("%+v", f)
	}
}

type receiver struct{ decoded int }

func (r *receiver) Transport() (browser.Transport, error) {
	r.decoded += 5
	return browser.Transport{Decoded: r.decoded}, nil
}

func TestDuring(t *testing.T) {
	self := Parts{"agent": {{PID: os.Getpid(), Name: "self"}}}
	work := func(ctx context.Context) error { return Rest(ctx, 50*time.Millisecond) }
	rates, err := During(context.Background(), self, &receiver{}, work)
	if err != nil || rates.Frames <= 0 || rates.Frames > 100 {
		t.Errorf("%+v, %v", rates, err)
	}
	gone := Parts{"agent": {machine.Process{PID: 1 << 30, Name: "gone"}}}
	if _, err := During(context.Background(), gone, &receiver{}, work); err == nil {
		t.Error("a process that is gone was measured")
	}
	failed := errors.New("failed")
	if _, err := During(context.Background(), self, &receiver{}, func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func TestNoAgent(t *testing.T) {
	if _, err := FindParts(":64999"); !errors.Is(err, ErrNoAgent) {
		t.Errorf("got %v", err)
	}
}

// hand checks that every stroke is pressed, drawn and let go.
type hand struct {
	t       *testing.T
	down    bool
	moved   int
	strokes int
}

func (h *hand) Picture() (browser.Picture, error) {
	return browser.Picture{Width: 100, Height: 100, ShownWidth: 100, ShownHeight: 100}, nil
}

func (h *hand) Press(x, y float64) error { return h.set(true, x, y) }

func (h *hand) Release(x, y float64) error { h.strokes++; return h.set(false, x, y) }

func (h *hand) Move(x, y float64, held bool) error {
	if !held || !h.down {
		h.t.Error("moved without the button")
	}
	h.moved++
	return h.within(x, y)
}

func (h *hand) set(down bool, x, y float64) error {
	if h.down == down {
		h.t.Errorf("button already %t", down)
	}
	h.down = down
	return h.within(x, y)
}

func (h *hand) within(x, y float64) error {
	if x < 20 || x > 80 || y < 30 || y > 70 {
		h.t.Errorf("outside the canvas: %v,%v", x, y)
	}
	return nil
}

func TestDraw(t *testing.T) {
	synctest.Test(t, testDraw)
}

func testDraw(t *testing.T) {
	h := &hand{t: t}
	spots := []gimp.Spot{{X: 0.2, Y: 0.7}, {X: 0.8, Y: 0.3}}
	if err := Draw(context.Background(), h, spots, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if h.down || h.strokes != 1 || h.moved != moves {
		t.Errorf("%+v", h)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Draw(ctx, &hand{t: t}, spots, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
