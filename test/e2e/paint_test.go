package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// openImage has GIMP open a picture of the workspace, as the page's files do.
func openImage(t *testing.T, b *browser.Browser, s instance.Session, path string) {
	t.Helper()
	waitWindow(t, s, "GNU Image Manipulation Program", true) // it has come up
	p := waitPicture(t, b)
	x, y := p.At(0.5, 0.6) // an empty GIMP does nothing with it; the page has the keyboard then
	click(t, b, x, y)
	eventually(t, "GIMP opens "+path, func() error {
		status, err := browser.Evaluate[int](b, fmt.Sprintf(`fetch('/api/v1/sessions/%s/files/images', {
			method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({path: %q}),
		}).then((r) => r.status)`, s.ID, filepath.Base(path)))
		if err == nil && status != http.StatusAccepted {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	waitWindow(t, s, titleOf(path), true)
}

// titleOf is how GIMP calls the window of an image that it opened.
func titleOf(path string) string { return "[" + strings.TrimSuffix(filepath.Base(path), ".png") + "]" }

// openByDialog opens a picture with GIMP's own dialog.
func openByDialog(t *testing.T, b *browser.Browser, s instance.Session, path string) {
	t.Helper()
	p := waitPicture(t, b)
	x, y := p.At(0.5, 0.6)
	click(t, b, x, y)
	retry(t, "GIMP opens "+path, func() error { return window(t, s, titleOf(path), true) }, func() {
		closeDialogs(t, b, s, "Open Image")
		pressFor(t, b, s, "Open Image", true, "o", kb.ModifierCtrl)
		write(t, b, path)
		press(t, b, kb.Enter)
	})
	closeDialogs(t, b, s, "Open Image") // of a time that was only slow
}

// closeDialogs closes a dialog and what complains about it. GIMP's name fields
// complete what one writes, now and then twice: then a person does this and
// writes it again.
func closeDialogs(t *testing.T, b *browser.Browser, s instance.Session, dialog string) {
	t.Helper()
	for _, open := range []string{"GIMP Message", dialog} {
		pressFor(t, b, s, open, false, kb.Escape)
	}
}

func click(t *testing.T, b *browser.Browser, x, y float64) {
	t.Helper()
	for _, err := range []error{b.Move(x, y, false), b.Press(x, y), b.Release(x, y)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// drag draws from one place of the picture to another, in shares of its size.
func drag(t *testing.T, b *browser.Browser, x0, y0, x1, y1 float64) {
	t.Helper()
	p := waitPicture(t, b)
	x, y := p.At(x0, y0)
	steps := []error{b.Move(x, y, false), b.Press(x, y)}
	const n = 40
	for i := 1; i <= n; i++ {
		f := float64(i) / n
		x, y = p.At(x0+(x1-x0)*f, y0+(y1-y0)*f)
		steps = append(steps, b.Move(x, y, true))
	}
	for _, err := range append(steps, b.Release(x, y)) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// darkAcross waits until a row of the picture is dark between two shares of its
// width.
func darkAcross(t *testing.T, b *browser.Browser, y, x0, x1 float64) {
	t.Helper()
	eventually(t, "the stroke is in the picture", dark(b, y, x0, x1))
}

// dark checks whether a row of the picture is.
func dark(b *browser.Browser, y, x0, x1 float64) func() error {
	const columns, rows = 64, 64
	return func() error {
		lumas, err := b.Lumas(columns, rows)
		if err != nil {
			return err
		}
		dark, want := 0, 0
		for c := range columns {
			at := (float64(c) + 0.5) / columns
			if at < x0+0.02 || at > x1-0.02 {
				continue
			}
			want++
			for r := int(y*rows) - 1; r <= int(y*rows)+1; r++ {
				if lumas[r*columns+c] < 96 {
					dark++
					break
				}
			}
		}
		if dark < want*9/10 {
			return fmt.Errorf("dark at %d of %d places", dark, want)
		}
		return nil
	}
}

// export saves the image with GIMP's own Export As dialog.
func export(t *testing.T, b *browser.Browser, s instance.Session, path string) {
	t.Helper()
	retry(t, "GIMP exports "+path, func() error {
		if window(t, s, "Export Image as PNG", true) == nil {
			pressFor(t, b, s, "Export Image as PNG", false, kb.Enter)
		}
		return exists(path, true)()
	}, func() {
		closeDialogs(t, b, s, "Export Image")
		pressFor(t, b, s, "Export Image", true, "E", kb.ModifierCtrl, kb.ModifierShift)
		press(t, b, "a", kb.ModifierCtrl)
		write(t, b, path)
		press(t, b, kb.Enter)
	})
}

// pencil takes the pencil with a brush wide enough to be seen in a small picture.
func pencil(t *testing.T, b *browser.Browser) {
	t.Helper()
	press(t, b, "n")
	press(t, b, "d")
}

func TestAStrokeReachesTheFile(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	openByDialog(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	drag(t, owner, 0.35, 0.5, 0.65, 0.5)
	darkAcross(t, owner, 0.5, 0.35, 0.65)
	keep(t, owner, "painted")

	// A second person sees it, and cannot add to it.
	viewer := open(t, inst, s, "viewer")
	darkAcross(t, viewer, 0.5, 0.35, 0.65)
	keep(t, viewer, "watching")
	drag(t, viewer, 0.35, 0.4, 0.65, 0.4)
	write(t, viewer, "x")

	out := filepath.Join(s.Workspace, "out.png")
	export(t, owner, s, out)
	box, n := darkBox(readPNG(t, out))
	// The picture is shown 1:1, so the stroke is as long as the hand moved:
	// 30% of the display's width.
	p, err := owner.Picture()
	if err != nil {
		t.Fatal(err)
	}
	want := int(0.3 * float64(p.Width))
	if box.Dx() < want*9/10 || box.Dx() > want*11/10+60 || box.Dy() > 70 {
		t.Errorf("the exported stroke fills %v with %d pixels, want a line %d long and nothing of the viewer's", box, n, want)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}
