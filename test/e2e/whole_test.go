package e2e

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A GIMP that is busy for a while, so that several strokes wait for it, draws
// each of them whole: none is lost, none is joined to the next.
func TestABusyGIMPGetsWholeStrokes(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	p := waitPicture(t, owner)
	paints(t, owner, 0.4)

	gimp := pidOf(t, s, "gimp", 0)
	const strokes = 3
	if err := syscall.Kill(gimp, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for i := range strokes {
		left, y := p.At(0.4+0.04*float64(i), 0.48+0.06*float64(i))
		draw(t, owner, []point{{left, y}, {left + 10, y}, {left + 20, y}, {left + 30, y}})
	}
	if err := syscall.Kill(gimp, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(s.Workspace, "out.png")
	export(t, owner, s, out)
	found := blots(readPNG(t, out))
	if len(found) != 1+strokes {
		t.Errorf("%d strokes in the file, %d were drawn: %v", len(found), 1+strokes, found)
	}
}
