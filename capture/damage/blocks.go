package damage

import (
	"image"
	"math/bits"
)

// Blocks is a set of the square blocks that a picture consists of: unlike a
// Region it never covers more than was added, however much that is. The zero
// value is a picture without blocks.
type Blocks struct {
	side   int             // of a block, in pixels
	bounds image.Rectangle // of the picture
	words  int             // per row of blocks
	rows   []uint64
	n      int
}

// Reset empties the set, for a picture of another size.
func (b *Blocks) Reset(size image.Point, side int) {
	b.side, b.bounds = side, image.Rectangle{Max: size}
	b.words = (b.across(size.X) + 63) / 64
	b.rows = make([]uint64, b.words*b.across(size.Y))
	b.n = 0
}

// Clear empties the set.
func (b *Blocks) Clear() {
	clear(b.rows)
	b.n = 0
}

// Empty says whether no block is in the set.
func (b *Blocks) Empty() bool { return b.n == 0 }

// Area is what the blocks cover, in pixels; those on the edge count whole.
func (b *Blocks) Area() int { return b.n * b.side * b.side }

// Add puts in the blocks that a rectangle touches.
func (b *Blocks) Add(r image.Rectangle) { b.each(r, func(w *uint64, mask uint64) { *w |= mask }) }

// Remove takes out the blocks that a rectangle touches.
func (b *Blocks) Remove(r image.Rectangle) { b.each(r, func(w *uint64, mask uint64) { *w &^= mask }) }

// Cut takes out blocks of about area pixels, from the top down, and adds them to
// a list of rectangles that has room for more of them.
func (b *Blocks) Cut(area int, to []image.Rectangle) []image.Rectangle {
	left := max(area/(b.side*b.side), 1)
	for y := 0; b.n > 0 && left > 0 && y < len(b.rows)/b.words; y++ {
		row := b.rows[y*b.words : (y+1)*b.words]
		for x := next(row, 0, true); x < 64*b.words && left > 0; x = next(row, x, true) {
			end := min(next(row, x, false), x+left)
			r := image.Rect(x*b.side, y*b.side, end*b.side, (y+1)*b.side).Intersect(b.bounds)
			if !join(to, r) {
				if len(to) == cap(to) {
					return to
				}
				to = append(to, r)
			}
			b.Remove(r)
			left -= end - x
			x = end
		}
	}
	return to
}

// Sift takes out those blocks within a rectangle for which done says so.
func (b *Blocks) Sift(within image.Rectangle, done func(block image.Rectangle) bool) {
	if within = within.Intersect(b.bounds); within.Empty() {
		return
	}
	for y := within.Min.Y / b.side; b.n > 0 && y < b.across(within.Max.Y); y++ {
		row := b.rows[y*b.words : (y+1)*b.words]
		end := b.across(within.Max.X)
		for x := next(row, within.Min.X/b.side, true); x < end; x = next(row, x+1, true) {
			r := image.Rect(x*b.side, y*b.side, (x+1)*b.side, (y+1)*b.side).Intersect(b.bounds)
			if done(r) {
				b.Remove(r)
			}
		}
	}
}

// join makes one rectangle of r and one that it continues downwards.
func join(rects []image.Rectangle, r image.Rectangle) bool {
	for i := range rects {
		if o := &rects[i]; o.Min.X == r.Min.X && o.Max.X == r.Max.X && o.Max.Y == r.Min.Y {
			o.Max.Y = r.Max.Y
			return true
		}
	}
	return false
}

// next is the first place from x on where a row has, or has not, a block.
func next(row []uint64, x int, has bool) int {
	for x < 64*len(row) {
		w := row[x/64]
		if !has {
			w = ^w
		}
		if w >>= x % 64; w != 0 {
			return x + bits.TrailingZeros64(w)
		}
		x += 64 - x%64
	}
	return x
}

// each goes through the words that hold a rectangle's blocks.
func (b *Blocks) each(r image.Rectangle, do func(w *uint64, mask uint64)) {
	r = r.Intersect(b.bounds)
	if r.Empty() {
		return
	}
	x0, x1 := r.Min.X/b.side, b.across(r.Max.X)
	for y := r.Min.Y / b.side; y < b.across(r.Max.Y); y++ {
		for x := x0; x < x1; x += 64 - x%64 {
			mask := ^uint64(0) << (x % 64)
			if over := x/64*64 + 64 - x1; over > 0 {
				mask &= ^uint64(0) >> over
			}
			w := &b.rows[y*b.words+x/64]
			before := bits.OnesCount64(*w)
			do(w, mask)
			b.n += bits.OnesCount64(*w) - before
		}
	}
}

func (b *Blocks) across(pixels int) int { return (pixels + b.side - 1) / b.side }
