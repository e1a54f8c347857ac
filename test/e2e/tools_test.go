package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// greyPNG puts a grey picture, on which black and white show, into the workspace.
func greyPNG(t *testing.T, s instance.Session, name string, width, height int) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 128
	}
	return putPNG(t, s, name, img)
}

// TestEverybodyKeepsTheirColours: two editors draw in turns, each with a colour
// and a brush of their own, and GIMP paints every stroke with its own.
func TestEverybodyKeepsTheirColours(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	ann := open(t, inst, s, "owner")
	openImage(t, ann, s, greyPNG(t, s, "canvas.png", 4000, 3000))
	// Before GIMP's plug-in is there, everybody paints with the same.
	eventually(t, "GIMP's plug-in for tools listens", exists(setting(s, "EASEL_TOOLS"), true))
	pencil(t, ann)
	ben := open(t, inst, s, "editor")
	p := waitPicture(t, ben)
	at := func(row int, column float64) (x, y float64) {
		return p.At(0.3+0.1*column, 0.3+0.05*float64(row))
	}
	stroke := func(b *browser.Browser, row int, column float64) {
		t.Helper()
		x, y := at(row, column)
		retry(t, "they draw", func() error { return holds(b) }, func() { click(t, b, x, y) })
		draw40(t, b, x, y)
	}
	// Ben swaps the colours and takes a thicker brush, while he has control.
	stroke(ann, 0, 0)
	stroke(ben, 0, 1)
	press(t, ben, "x")
	for range 30 {
		press(t, ben, "]")
	}
	const turns = 5
	for row := 1; row <= turns; row++ {
		stroke(ann, row, 0)
		stroke(ben, row, 1)
	}
	keep(t, ann, "drawn")
	out := filepath.Join(s.Workspace, "out.png")
	export(t, ann, s, out)
	img := readPNG(t, out)
	black, white := blots(img), blots(whites(img))
	thick := func(boxes []image.Rectangle) (h []int) {
		for _, b := range boxes {
			h = append(h, b.Dy())
		}
		return h
	}
	t.Logf("black strokes are %v px thick, white ones %v", thick(black), thick(white))
	if len(black) != turns+2 || len(white) != turns {
		t.Errorf("%d black strokes and %d white ones, want %d and %d", len(black), len(white), turns+2, turns)
	}
}

// draw40 draws a line of 40 pixels.
func draw40(t *testing.T, b *browser.Browser, x, y float64) {
	t.Helper()
	steps := []error{b.Move(x, y, false), b.Press(x, y)}
	for f := 1.0; f <= 8; f++ {
		steps = append(steps, b.Move(x+5*f, y, true))
	}
	if err := errors.Join(append(steps, b.Release(x+40, y))...); err != nil {
		t.Fatal(fmt.Errorf("a line: %w", err))
	}
}

// whites shows the white of a picture as black, and everything else as white.
func whites(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 192 {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}
