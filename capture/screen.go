package capture

import (
	"bytes"
	"image"

	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
)

// screen is what was last captured of the display. Damage tells what was drawn;
// programs draw a lot over and over, and what came out as it was before is
// neither converted nor encoded nor refined. To compare and keep a whole screen
// takes a millisecond at most, to encode it ten times that.
type screen struct {
	size image.Point
	pix  []byte // B, G, R, unused, without padding

	isNew [(encode.MaxSide + encode.Grid - 1) / encode.Grid]bool // per block of a row
}

const bytesPerPixel = 4

// reset forgets everything, for a display of another size. It is black then, as
// new pictures are.
func (s *screen) reset(size image.Point) {
	s.size = size
	s.pix = make([]byte, size.X*size.Y*bytesPerPixel)
}

// take keeps captured pixels, and adds to a region those blocks of them that
// are new. It goes row by row, as memory likes it.
func (s *screen) take(t *display.Tile, changed *damage.Region) {
	stride, row := s.size.X*bytesPerPixel, t.Stride()
	have := s.pix[(t.Rect.Min.Y*s.size.X+t.Rect.Min.X)*bytesPerPixel:]
	got := t.Pix
	for y := t.Rect.Min.Y; y < t.Rect.Max.Y; y += encode.Grid {
		bottom := min(y+encode.Grid, t.Rect.Max.Y)
		isNew := s.isNew[:(t.Rect.Dx()+encode.Grid-1)/encode.Grid]
		any := false
		for range bottom - y {
			if old := have[:row]; !bytes.Equal(old, got[:row]) {
				compare(old, got[:row], isNew)
				copy(old, got[:row])
				any = true
			}
			have, got = have[min(stride, len(have)):], got[row:]
		}
		if any {
			addRuns(isNew, t.Rect.Min.X, y, t.Rect.Max.X, bottom, changed)
			clear(isNew)
		}
	}
}

// compare marks the blocks in which two rows differ.
func compare(a, b []byte, isNew []bool) {
	const block = encode.Grid * bytesPerPixel
	for i := range isNew {
		from, to := i*block, min((i+1)*block, len(a))
		isNew[i] = isNew[i] || !bytes.Equal(a[from:to], b[from:to])
	}
}

// addRuns adds the marked blocks of a row of them.
func addRuns(isNew []bool, left, top, right, bottom int, changed *damage.Region) {
	for i := 0; i < len(isNew); i++ {
		if !isNew[i] {
			continue
		}
		began := i
		for i < len(isNew) && isNew[i] {
			i++
		}
		changed.Add(image.Rect(left+began*encode.Grid, top, min(left+i*encode.Grid, right), bottom))
	}
}

// pixelsAt are a tile's pixels from a place on.
func pixelsAt(t *display.Tile, p image.Point) []byte {
	return t.Pix[(p.Y-t.Rect.Min.Y)*t.Stride()+(p.X-t.Rect.Min.X)*bytesPerPixel:]
}
