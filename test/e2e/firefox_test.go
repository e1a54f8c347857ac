package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/easel-live/easel/test/firefox"
)

// TestFirefoxDraws: Firefox shows the canvas and draws on it, by WebRTC and by VNC.
func TestFirefoxDraws(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	other := open(t, inst, s, "owner") // sets the stage, then watches
	openImage(t, other, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, other)
	link, err := inst.Link(t.Context(), s.ID, "viewer")
	must(t, err)
	must(t, other.Open("about:blank"), other.Open(link))

	link, err = inst.Link(t.Context(), s.ID, "owner")
	must(t, err)
	tab, err := firefox.Start(t).Open("about:blank")
	must(t, err)
	must(t, tab.Size(1280, 800), tab.Go(link))
	for i, way := range []string{"webrtc", "vnc"} {
		if way == "vnc" {
			_, err := tab.Evaluate(`(sessionStorage.setItem('easel.way', 'vnc'), location.reload(), '')`)
			must(t, err)
		}
		y := 0.4 + 0.15*float64(i)
		eventually(t, "Firefox may draw by "+way, func() error { return foxShows(tab, way) })
		retry(t, "the stroke is in the picture", dark(other, y, 0.38, 0.62), func() { foxDraws(t, tab, y) })
		foxKeep(t, tab, way)
	}
}

// foxShows checks that the page shows the canvas by a way, to who may draw.
func foxShows(tab firefox.Tab, way string) error {
	got, err := tab.Evaluate(`document.querySelector('.overlay') ? 'covered' : document.querySelector('.canvas.draws')?.dataset.way ?? 'none'`)
	if err == nil && got != way {
		err = fmt.Errorf("the canvas is shown by %q", got)
	}
	return err
}

// foxDraws draws a level stroke, as high as y in shares of the picture.
func foxDraws(t *testing.T, tab firefox.Tab, y float64) {
	t.Helper()
	said, err := tab.Evaluate(`JSON.stringify(document.querySelector('.canvas').getBoundingClientRect())`)
	must(t, err)
	var canvas struct{ X, Y, Width, Height float64 }
	must(t, json.Unmarshal([]byte(said), &canvas))
	const steps = 30
	way := make([][2]int, steps+1)
	for i := range way {
		x := 0.38 + 0.24*float64(i)/steps
		way[i] = [2]int{int(canvas.X + x*canvas.Width), int(canvas.Y + y*canvas.Height)}
	}
	must(t, tab.Drag(way...))
}

func foxKeep(t *testing.T, tab firefox.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("EASEL_SCREENSHOTS"); dir != "" {
		shot, err := tab.Screenshot()
		must(t, err, os.WriteFile(filepath.Join(dir, t.Name()+"-"+name+".png"), shot, 0o644))
	}
}
