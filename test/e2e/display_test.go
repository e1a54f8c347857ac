package e2e

import (
	"fmt"
	"math"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Whatever the window and its pixel ratio, the display fills it pixel for pixel,
// and the pointer in GIMP is exactly where the hand is.
func TestTheDisplayFitsTheWindow(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	b := open(t, inst, s, "owner")
	draws(t, b)
	t.Setenv("XAUTHORITY", authority(s))
	c, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	root := xproto.Setup(c).DefaultScreen(c).Root

	for _, w := range []struct {
		width, height int
		ratio         float64
	}{{1280, 800, 1}, {1013, 707, 1}, {1024, 640, 1.25}, {1001, 653, 2}, {1920, 1080, 2}} {
		name := fmt.Sprintf("%dx%d at %v", w.width, w.height, w.ratio)
		if err := b.Resize(w.width, w.height, w.ratio); err != nil {
			t.Fatal(err)
		}
		even := func(n int) int { return int(float64(n)*w.ratio+1e-6) / 2 * 2 }
		wide, high := even(w.width), even(w.height)
		eventually(t, name+" is filled", func() error {
			g, err := xproto.GetGeometry(c, xproto.Drawable(root)).Reply()
			if err != nil {
				return err
			}
			p, err := b.Picture()
			if err != nil {
				return err
			}
			if int(g.Width) != wide || int(g.Height) != high || p.Width != wide || p.Height != high {
				return fmt.Errorf("the display is %dx%d and shown as %dx%d, want %dx%d", g.Width, g.Height, p.Width, p.Height, wide, high)
			}
			return nil
		})
		keep(t, b, fmt.Sprintf("%d-%v", w.width, w.ratio))
		for _, share := range [][2]float64{{0.02, 0.03}, {0.3, 0.7}, {0.5, 0.5}, {0.97, 0.98}} {
			x, y := math.Round(share[0]*float64(w.width)), math.Round(share[1]*float64(w.height))
			eventually(t, name+": the pointer is where the hand is", func() error {
				if err := b.Move(x, y, false); err != nil {
					return err
				}
				at, err := xproto.QueryPointer(c, root).Reply()
				if err != nil {
					return err
				}
				// The picture is centred: what is left over of an odd window is at its edges.
				edgeX, edgeY := math.Floor((float64(w.width)*w.ratio-float64(wide))/2), math.Floor((float64(w.height)*w.ratio-float64(high))/2)
				dx, dy := float64(at.RootX)-math.Floor(x*w.ratio-edgeX+1e-6), float64(at.RootY)-math.Floor(y*w.ratio-edgeY+1e-6)
				if dx != 0 || dy != 0 {
					return fmt.Errorf("at %v,%v it is %v,%v pixels off", x, y, dx, dy)
				}
				return nil
			})
		}
	}
}
