package damage

import (
	"image"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is added, removed and cut: the set holds the blocks that were added
// and neither removed nor cut since, and what is cut was in it.
func TestBlocksAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const side = 4
		size := image.Pt(rapid.IntRange(1, 600).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h"))
		all := image.Rectangle{Max: size}
		var b Blocks
		b.Reset(size, side)
		want := map[image.Point]bool{}
		blocks := func(r image.Rectangle, do func(image.Point)) {
			if r = r.Intersect(all); r.Empty() {
				return
			}
			for y := r.Min.Y / side; y*side < r.Max.Y; y++ {
				for x := r.Min.X / side; x*side < r.Max.X; x++ {
					do(image.Pt(x, y))
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			r := image.Rect(
				rapid.IntRange(-5, size.X+5).Draw(t, "x0"), rapid.IntRange(-5, size.Y+5).Draw(t, "y0"),
				rapid.IntRange(-5, size.X+5).Draw(t, "x1"), rapid.IntRange(-5, size.Y+5).Draw(t, "y1"))
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				b.Add(r)
				blocks(r, func(p image.Point) { want[p] = true })
			case 1:
				b.Remove(r)
				blocks(r, func(p image.Point) { delete(want, p) })
			case 2:
				most := rapid.IntRange(1, 100).Draw(t, "most")
				cut := b.Cut(most*side*side, make([]image.Rectangle, 0, rapid.IntRange(1, 12).Draw(t, "room")))
				if len(want) > 0 && len(cut) == 0 {
					t.Fatal("nothing cut")
				}
				n := 0
				for _, r := range cut {
					blocks(r, func(p image.Point) {
						if !want[p] {
							t.Fatalf("%v was not in the set", p)
						}
						delete(want, p)
						n++
					})
				}
				if n > most {
					t.Fatalf("%d blocks cut, %d asked for", n, most)
				}
			case 3:
				odd := func(r image.Rectangle) bool { return (r.Min.X/side+r.Min.Y/side)%2 == 1 }
				b.Sift(r, func(block image.Rectangle) bool {
					if !want[block.Min.Div(side)] {
						t.Fatalf("%v was not in the set", block)
					}
					return odd(block)
				})
				blocks(r, func(p image.Point) {
					if (p.X+p.Y)%2 == 1 {
						delete(want, p)
					}
				})
			}
			if b.Empty() != (len(want) == 0) || b.Area() != len(want)*side*side {
				t.Fatalf("%d pixels, want %d blocks", b.Area(), len(want))
			}
		}
	})
}

func BenchmarkBlocks(b *testing.B) {
	var s Blocks
	s.Reset(image.Pt(1920, 1080), 32)
	var room [MaxRects]image.Rectangle
	b.ReportAllocs()
	for b.Loop() {
		s.Add(image.Rect(320, 320, 960, 640))
		for !s.Empty() {
			s.Cut(65536, room[:0])
		}
	}
}
