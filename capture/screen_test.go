package capture

import (
	"image"
	"math/rand/v2"
	"testing"

	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
)

func tileOf(r image.Rectangle) *display.Tile {
	t := &display.Tile{Rect: r, Pix: make([]byte, r.Dx()*r.Dy()*bytesPerPixel)}
	for i := range t.Pix {
		t.Pix[i] = byte(rand.Uint32())
	}
	return t
}

// Every new pixel is told of, and no block without one.
func TestScreenTellsWhatIsNew(t *testing.T) {
	var s screen
	s.reset(image.Pt(333, 170))
	all := image.Rectangle{Max: s.size}
	var changed damage.Region
	tile := tileOf(image.Rect(32, 64, 333, 170))
	s.take(tile, &changed)
	if changed.Bounds() != tile.Rect {
		t.Fatalf("%v of %v", changed.Rects(), tile.Rect)
	}
	changed.Clear()
	s.take(tile, &changed)
	if !changed.Empty() {
		t.Fatalf("%v again", changed.Rects())
	}
	for _, p := range []image.Point{{32, 64}, {332, 169}, {95, 127}, {200, 100}} {
		changed.Clear()
		pixelsAt(tile, p)[1]++
		s.take(tile, &changed)
		at := image.Pt(p.X/encode.Grid*encode.Grid, p.Y/encode.Grid*encode.Grid)
		want := image.Rectangle{Min: at, Max: at.Add(image.Pt(encode.Grid, encode.Grid))}.Intersect(all)
		if got := changed.Rects(); len(got) != 1 || got[0] != want {
			t.Fatalf("%v for %v, want %v", got, p, want)
		}
	}
}

func BenchmarkScreenSame(b *testing.B)    { benchmarkScreen(b, false) }
func BenchmarkScreenChanged(b *testing.B) { benchmarkScreen(b, true) }

func benchmarkScreen(b *testing.B, isNew bool) {
	var s screen
	s.reset(image.Pt(1280, 800))
	tiles := [2]*display.Tile{tileOf(image.Rect(0, 0, 1280, 800))}
	tiles[1] = tiles[0]
	if isNew {
		tiles[1] = tileOf(tiles[0].Rect)
	}
	var changed damage.Region
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		changed.Clear()
		s.take(tiles[n%2], &changed)
		n++
	}
}
