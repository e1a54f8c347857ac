package e2e

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/relay"
	"github.com/easel-live/easel/bench/relay/detour"
)

type point struct{ x, y float64 }

// recorder is an X client that covers a session's display and writes down the
// pointer's way while a button is held.
type recorder struct {
	conn   *xgb.Conn
	points []point
	times  []xproto.Timestamp // of the X server, in milliseconds
}

func record(t *testing.T, s instance.Session) *recorder {
	t.Helper()
	t.Setenv("XAUTHORITY", authority(s))
	c, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	screen := xproto.Setup(c).DefaultScreen(c)
	w, err := xproto.NewWindowId(c)
	if err != nil {
		t.Fatal(err)
	}
	mask := uint32(xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion)
	if err := xproto.CreateWindowChecked(c, screen.RootDepth, w, screen.Root, 0, 0, 4000, 4000, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0xffffff, 1, mask}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(c, w).Check(); err != nil {
		t.Fatal(err)
	}
	return &recorder{conn: c}
}

// stroke waits for the end of the next stroke.
func (r *recorder) stroke(t *testing.T) {
	t.Helper()
	r.points, r.times = nil, nil
	over := time.AfterFunc(patience, r.conn.Close)
	defer over.Stop()
	note := func(x, y int16, at xproto.Timestamp) {
		r.points, r.times = append(r.points, point{float64(x), float64(y)}), append(r.times, at)
	}
	for {
		event, err := r.conn.WaitForEvent()
		if event == nil && err == nil {
			t.Fatal("no stroke came to its end")
		}
		switch e := event.(type) {
		case xproto.ButtonPressEvent:
			note(e.RootX, e.RootY, e.Time)
		case xproto.MotionNotifyEvent:
			if len(r.points) > 0 {
				note(e.RootX, e.RootY, e.Time)
			}
		case xproto.ButtonReleaseEvent:
			note(e.RootX, e.RootY, e.Time)
			return
		}
	}
}

// curl is a way with curves so tight that a lost point shows.
func curl(p browser.Picture) []point {
	const n = 400
	var way []point
	for i := range n {
		f := float64(i) / n
		a := 2 * math.Pi * f
		x, y := p.At(0.5+0.3*math.Sin(3*a)*(0.3+0.7*f), 0.5+0.35*math.Sin(7*a+0.4))
		way = append(way, point{math.Round(x), math.Round(y)})
	}
	return way
}

func draw(t *testing.T, b *browser.Browser, way []point) {
	t.Helper()
	steps := []error{b.Move(way[0].x, way[0].y, false), b.Press(way[0].x, way[0].y)}
	for _, p := range way[1:] {
		steps = append(steps, b.Move(p.x, p.y, true))
	}
	last := way[len(way)-1]
	for _, err := range append(steps, b.Release(last.x, last.y)) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// apart is how far the line a strays from the line b, in pixels.
func apart(a, b []point) float64 {
	far := 0.0
	for i := 1; i < len(a); i++ {
		steps := math.Ceil(math.Hypot(a[i].x-a[i-1].x, a[i].y-a[i-1].y)) + 1
		for s := range int(steps) {
			f := float64(s) / steps
			p := point{a[i-1].x + f*(a[i].x-a[i-1].x), a[i-1].y + f*(a[i].y-a[i-1].y)}
			near := math.Inf(1)
			for j := 1; j < len(b); j++ {
				near = min(near, toSegment(p, b[j-1], b[j]))
			}
			far = max(far, near)
		}
	}
	return far
}

func toSegment(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	f := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		f = max(0, min(1, ((p.x-a.x)*dx+(p.y-a.y)*dy)/l))
	}
	return math.Hypot(p.x-a.x-f*dx, p.y-a.y-f*dy)
}

// A stroke over a line that loses a packet in twenty, both ways, is the stroke
// over a perfect one.
func TestAStrokeSurvivesLoss(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	r := record(t, s)

	strokes := map[string][]point{}
	for name, loss := range map[string]float64{"perfect": 0, "lossy": 0.05} {
		line := relay.Conditions{Delay: 20 * time.Millisecond, Loss: loss}
		proxy, err := detour.Open(inst.URL, relay.Options{Up: line, Down: line, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		link, err := inst.Link(t.Context(), s.ID, "owner")
		if err != nil {
			t.Fatal(err)
		}
		b := chromium(t, 1280, 800)
		if err := b.Open(strings.Replace(link, inst.URL, strings.Replace(proxy.URL(), "ws", "http", 1), 1)); err != nil {
			t.Fatal(err)
		}
		p := waitPicture(t, b)
		// A canvas that is free is taken by pressing on it.
		retry(t, "the person draws", func() error { return drawing(b) }, func() { click(t, b, 640, 400) })
		way := curl(p)
		draw(t, b, way)
		r.stroke(t)
		strokes[name] = r.points
		t.Logf("%s: %d of %d points, %d ms", name, len(r.points), len(way)+1, r.times[len(r.times)-1]-r.times[0])
		if up, down := proxy.Verdict(); loss > 0 {
			t.Logf("lost %d of %d packets up, %d of %d down", up.Lost, up.Lost+up.Passed, down.Lost, down.Lost+down.Passed)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	}
	far := max(apart(strokes["lossy"], strokes["perfect"]), apart(strokes["perfect"], strokes["lossy"]))
	t.Logf("the strokes are at most %.1f pixels apart", far)
	if far > 2 {
		t.Errorf("with 5%% loss a stroke strays %.1f pixels, want at most 2", far)
	}
}
