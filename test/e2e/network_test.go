package e2e

import (
	"image"
	"path/filepath"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
)

// TestWhateverTheNetworkAllows: the canvas comes by the best way that a firewall
// leaves open.
func TestWhateverTheNetworkAllows(t *testing.T) {
	w := lay(t)
	s := start(t, w.inst)
	b := w.chromium("")
	for _, c := range []struct{ wall, way string }{
		{"no UDP", "webrtc-tcp"}, {"the page's TCP", "turn"}, {"", "webrtc-udp"},
	} {
		w.wall(c.wall)
		at := w.open(b, s, "owner", c.way)
		t.Logf("%q: first picture after %.0f ms, by %s after %.0f", c.wall, at.First, c.way, at.At)
		keep(t, b, c.way)
	}
	link, err := w.inst.Link(t.Context(), s.ID, "owner")
	must(t, err)
	for _, way := range []string{"webrtc-udp", "vnc"} {
		if way == "vnc" {
			pin(t, b, link, "vnc")
		}
		at := shownBy(t, b, way, 0)
		w.wall("anything")
		says(t, b, "econnect")
		shows(t, b, "what was shown last", `(() => {
			const last = document.querySelector('canvas.stale');
			return getComputedStyle(last).visibility === 'visible' && last.getContext('2d').getImageData(last.width / 2, last.height / 2, 1, 1).data[3] === 255;
		})()`)
		keep(t, b, "cut-off-"+way)
		open := time.Now()
		w.wall("")
		at = shownBy(t, b, way, at.At+1)
		t.Logf("cut off and back: by %s after %.0f ms", way, at.since(open))
	}
}

// TestMediaCutMidStroke: the stroke ends, control stays, and what is drawn then, by
// whichever way, is in the image that GIMP exports.
func TestMediaCutMidStroke(t *testing.T) {
	w := lay(t, "EASEL_TURN_PAGE=false")
	s := start(t, w.inst)
	b := w.chromium("")
	w.open(b, s, "owner", "webrtc-udp")
	openImage(t, b, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, b)
	p, err := b.Picture()
	must(t, err)
	at := func(x float64) { x, y := p.At(x, 0.4); must(t, b.Move(x, y, true)) }
	x, y := p.At(0.35, 0.4)
	must(t, b.Move(x, y, false), b.Press(x, y))
	for i := range 10 {
		at(0.36 + 0.01*float64(i))
	}
	darkAcross(t, b, 0.4, 0.35, 0.45)

	last, err := browser.Evaluate[float64](b, `performance.now()`)
	must(t, err)
	cut := time.Now()
	w.wall("no media")
	vnc := shownBy(t, b, "vnc", last)
	t.Logf("media cut: by VNC after %.0f ms (%s)", vnc.since(cut), vnc.Why)
	keep(t, b, "by-vnc")
	at(0.6) // the hand goes on, the stroke does not
	x, y = p.At(0.6, 0.4)
	must(t, b.Release(x, y))
	drag(t, b, 0.35, 0.5, 0.65, 0.5)
	darkAcross(t, b, 0.5, 0.35, 0.65)
	if holds, err := browser.Evaluate[bool](b, `!!document.querySelector('.canvas.draws')`); err != nil || !holds {
		t.Errorf("control was lost on the way (%v)", err)
	}

	open := time.Now()
	w.wall("")
	rtc := shownBy(t, b, "webrtc-udp", vnc.At+1)
	t.Logf("media flows again: by WebRTC after %.0f ms", rtc.since(open))
	drag(t, b, 0.35, 0.6, 0.65, 0.6)
	darkAcross(t, b, 0.6, 0.35, 0.65)
	keep(t, b, "back")

	out := filepath.Join(s.Workspace, "out.png")
	export(t, b, s, out)
	expectStrokes(t, readPNG(t, out), []int{int(0.1 * float64(p.Width)), int(0.3 * float64(p.Width)), int(0.3 * float64(p.Width))})
}

// expectStrokes wants level strokes of these lengths one below the other, that
// begin at the same place, with nothing between them.
func expectStrokes(t *testing.T, img image.Image, lengths []int) {
	t.Helper()
	var strokes []image.Rectangle
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row, n := darkBox(sub(img, image.Rect(b.Min.X, y, b.Max.X, y+1)))
		switch {
		case n == 0:
		case len(strokes) > 0 && strokes[len(strokes)-1].Max.Y == y:
			strokes[len(strokes)-1] = strokes[len(strokes)-1].Union(row)
		default:
			strokes = append(strokes, row)
		}
	}
	if len(strokes) != len(lengths) {
		t.Fatalf("the image has strokes at %v, want %d", strokes, len(lengths))
	}
	for i, s := range strokes {
		brush := s.Dy() // a level stroke is as high as its brush is wide
		if long := s.Dx() - brush; long < lengths[i]*85/100 || long > lengths[i]*115/100 || s.Min.X > strokes[0].Min.X+4 || s.Min.X < strokes[0].Min.X-4 {
			t.Errorf("stroke %d at %v is %d long, want %d, with a brush of %d", i, s, long, lengths[i], brush)
		}
	}
}

func sub(img image.Image, r image.Rectangle) image.Image {
	return img.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(r)
}
