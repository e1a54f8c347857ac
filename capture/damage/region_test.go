package damage

import (
	"image"
	"testing"

	"pgregory.net/rapid"
)

func rectangle(t *rapid.T) image.Rectangle {
	x, y := rapid.IntRange(0, 200).Draw(t, "x"), rapid.IntRange(0, 200).Draw(t, "y")
	return image.Rect(x, y, x+rapid.IntRange(0, 60).Draw(t, "w"), y+rapid.IntRange(0, 60).Draw(t, "h"))
}

func covers(g *Region, p image.Point) bool {
	for _, r := range g.Rects() {
		if p.In(r) {
			return true
		}
	}
	return false
}

// Every pixel ever added stays covered, and the region stays small.
func TestRegionCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Region
		added := rapid.SliceOfN(rapid.Custom(rectangle), 1, 60).Draw(t, "added")
		for _, r := range added {
			g.Add(r)
		}
		grid := rapid.IntRange(1, 16).Draw(t, "grid")
		screen := image.Rect(0, 0, 260, 260)
		g.Align(grid, screen)
		if len(g.Rects()) > MaxRects {
			t.Fatalf("%d rectangles", len(g.Rects()))
		}
		for _, r := range added {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					if !covers(&g, image.Pt(x, y)) {
						t.Fatalf("%d,%d of %v is not covered by %v", x, y, r, g.Rects())
					}
				}
			}
		}
		for _, r := range g.Rects() {
			if !r.In(screen) || r.Min.X%grid != 0 || r.Min.Y%grid != 0 {
				t.Fatalf("%v is not aligned to %d", r, grid)
			}
		}
	})
}

func TestRegionMergesNeighbours(t *testing.T) {
	var g Region
	g.Add(image.Rect(0, 0, 50, 50))
	g.Add(image.Rect(50, 0, 100, 50))
	g.Add(image.Rect(10, 10, 20, 20))
	g.Add(image.Rect(500, 500, 520, 520))
	if got := g.Rects(); len(got) != 2 || g.Area() != 100*50+400 {
		t.Fatalf("%v", got)
	}
	if b := g.Bounds(); b != image.Rect(0, 0, 520, 520) {
		t.Fatalf("bounds %v", b)
	}
	g.Clip(image.Rect(0, 0, 200, 40))
	if got := g.Rects(); len(got) != 1 || got[0] != image.Rect(0, 0, 100, 40) {
		t.Fatalf("clipped %v", got)
	}
	g.Clear()
	if !g.Empty() || !g.Bounds().Empty() {
		t.Fatal("not empty")
	}
}

func TestRegionAllocatesNothing(t *testing.T) {
	var g Region
	if n := testing.AllocsPerRun(100, func() {
		g.Clear()
		for i := range 40 {
			g.Add(image.Rect(i*31%200, i*57%200, i*31%200+9, i*57%200+9))
		}
		g.Align(16, image.Rect(0, 0, 300, 300))
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
