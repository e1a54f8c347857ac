package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/bench/browser"
)

// attempts is how many strokes each of two editors tries: few in every run, as
// many as EASEL_STROKES says (up to 100) when somebody wants to know.
func attempts() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_STROKES")); err == nil && n > 0 {
		return min(n, 100)
	}
	return 10
}

// lane is where attempt n of an editor draws, in display pixels: each in a place
// of its own, so that strokes that were cut or joined show.
func lane(p browser.Picture, editor, n int) (x0, y, x1 float64) {
	i := 2*n + editor
	left, top := p.At(0.36, 0.32)
	x0 = left + float64(i%8)*46
	return x0, top + float64(i/8)*14, x0 + 24
}

// countBlocked has the page count attempts that did not draw.
func countBlocked(t *testing.T, b *browser.Browser) {
	t.Helper()
	if _, err := browser.Evaluate[bool](b, `(() => {
		window.blockedStrokes = 0;
		addEventListener('easel:blocked', () => window.blockedStrokes++);
		return true;
	})()`); err != nil {
		t.Fatal(err)
	}
}

// scribble tries strokes at random times.
func scribble(b *browser.Browser, p browser.Picture, editor, n int) error {
	random := rand.New(rand.NewPCG(uint64(editor), 7))
	for i := range n {
		x0, y, x1 := lane(p, editor, i)
		steps := []error{b.Move(x0, y, false), b.Press(x0, y)}
		for f := 1.0; f <= 6; f++ {
			steps = append(steps, b.Move(x0+(x1-x0)*f/6, y, true))
		}
		if err := errors.Join(append(steps, b.Release(x1, y))...); err != nil {
			return err
		}
		time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
	}
	return nil
}

// TestTwoHandsOnOneCanvas: two editors of an open canvas draw at random times, and
// a viewer tries what they can. Every stroke that was taken is whole in the file,
// none is cut or joined, and nothing of the viewer's is there.
func TestTwoHandsOnOneCanvas(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 4000, 3000))
	pencil(t, owner)
	ann, ben := open(t, inst, s, "editor"), open(t, inst, s, "editor")
	viewer := intrude(t, inst, s)
	byRFB := intrudeByRFB(t, inst, s)
	n := attempts()
	hands := []*browser.Browser{ann, ben}
	var drawing sync.WaitGroup
	for i, b := range hands {
		p := waitPicture(t, b)
		countBlocked(t, b)
		drawing.Go(func() {
			if err := scribble(b, p, i, n); err != nil {
				t.Error(err)
			}
		})
	}
	over := make(chan struct{})
	go func() { drawing.Wait(); close(over) }()
	var trying sync.WaitGroup
	trying.Go(func() { byRFB.try(t, over) })
	viewer.try(t, over)
	trying.Wait()

	t.Setenv("XAUTHORITY", authority(s))
	display, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	defer display.Close()
	eventually(t, "nothing is down after all that", func() error { return nothingDown(display) })
	keep(t, owner, "drawn")
	out := filepath.Join(s.Workspace, "out.png")
	export(t, owner, s, out)
	strokes := blots(readPNG(t, out))
	blocked := 0
	for _, b := range hands {
		n, err := browser.Evaluate[int](b, `window.blockedStrokes`)
		if err != nil {
			t.Fatal(err)
		}
		blocked += n
	}
	t.Logf("%d attempts, %d refused, %d strokes in the file", 2*n, blocked, len(strokes))
	if len(strokes) != 2*n-blocked || len(strokes) < n/2 {
		t.Errorf("%d strokes in the file, %d attempts of which %d were refused", len(strokes), 2*n, blocked)
	}
	widths := make([]int, 0, len(strokes))
	for _, box := range strokes {
		widths = append(widths, box.Dx())
	}
	slices.Sort(widths)
	typical := widths[len(widths)/2]
	for _, box := range strokes {
		if box.Dx() < typical*9/10 || box.Dx() > typical*11/10 || box.Dy() > typical {
			t.Errorf("a stroke fills %v, the others are %d wide: it was cut or joined", box, typical)
		}
	}

	// A browser that is killed in the middle of a stroke leaves no button down.
	p := waitPicture(t, ann)
	x, y := p.At(0.5, 0.75)
	retry(t, "ann draws", func() error { return holds(ann) }, func() {
		if err := errors.Join(ann.Move(x, y, false), ann.Press(x, y)); err != nil {
			t.Fatal(err)
		}
	})
	eventually(t, "her button is down", func() error {
		if nothingDown(display) == nil {
			return errors.New("nothing is")
		}
		return nil
	})
	if err := ann.Close(); err != nil {
		t.Error(err)
	}
	killed := time.Now()
	eventually(t, "nothing is down", func() error { return nothingDown(display) })
	t.Logf("no button was down any more %v after the holder's browser was killed", time.Since(killed).Round(10*time.Millisecond))
	retry(t, "ben draws after that", func() error { return holds(ben) }, func() { click(t, ben, x+40, y) })
	t.Logf("control was somebody else's %v after the holder's browser was killed", time.Since(killed).Round(10*time.Millisecond))
}

func holds(b *browser.Browser) error {
	is, err := browser.Evaluate[bool](b, `document.querySelector('.bar')?.textContent.includes('You are drawing')`)
	if err == nil && !is {
		err = errors.New("they do not hold it")
	}
	return err
}

// nothingDown says which buttons and keys are down on a display, if any are.
func nothingDown(display *xgb.Conn) error {
	at, err := xproto.QueryPointer(display, xproto.Setup(display).DefaultScreen(display).Root).Reply()
	if err != nil {
		return err
	}
	const buttons = xproto.KeyButMaskButton1 | xproto.KeyButMaskButton2 | xproto.KeyButMaskButton3 | xproto.KeyButMaskButton4 | xproto.KeyButMaskButton5
	if down := at.Mask & buttons; down != 0 {
		return fmt.Errorf("of the buttons, %#x are down", down)
	}
	keys, err := xproto.QueryKeymap(display).Reply()
	if err != nil {
		return err
	}
	for i, down := range keys.Keys {
		if down != 0 {
			return fmt.Errorf("of the keys from %d on, %#x are down", 8*i, down)
		}
	}
	return nil
}

// blots are the boxes of the dark areas of a picture.
func blots(img image.Image) []image.Rectangle {
	b := img.Bounds()
	dark := make([]bool, b.Dx()*b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			dark[y*b.Dx()+x] = color.GrayModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y < 128
		}
	}
	var boxes []image.Rectangle
	var stack []int
	for start := range dark {
		if !dark[start] {
			continue
		}
		box := image.Rectangle{}
		dark[start] = false
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%b.Dx(), i/b.Dx()
			box = box.Union(image.Rect(x, y, x+1, y+1))
			for _, d := range []image.Point{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				if at := (image.Point{X: x + d.X, Y: y + d.Y}); at.In(image.Rect(0, 0, b.Dx(), b.Dy())) && dark[at.Y*b.Dx()+at.X] {
					dark[at.Y*b.Dx()+at.X] = false
					stack = append(stack, at.Y*b.Dx()+at.X)
				}
			}
		}
		boxes = append(boxes, box)
	}
	return boxes
}
