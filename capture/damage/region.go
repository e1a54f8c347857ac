// Package damage keeps what changed on a display: a handful of rectangles that
// cover every changed pixel, and little else. It is pure and allocates nothing.
package damage

import (
	"image"
	"slices"
)

// MaxRects bounds a Region. A brush dab damages about four rectangles, a menu
// two or three; past a dozen, grabbing a few unchanged pixels costs less than
// one more request to the X server.
const MaxRects = 12

// Region is a set of rectangles that covers everything added to it. The zero
// value is empty. Rectangles may overlap, but none contains another.
type Region struct {
	rects [MaxRects]image.Rectangle
	n     int
}

// Empty says whether nothing was added since the last Clear.
func (g *Region) Empty() bool { return g.n == 0 }

// Rects are the rectangles; they share the region's memory.
func (g *Region) Rects() []image.Rectangle { return g.rects[:g.n] }

// Clear empties the region.
func (g *Region) Clear() { g.n = 0 }

// Area is the sum of the rectangles' areas in pixels; overlaps count twice.
func (g *Region) Area() int {
	sum := 0
	for _, r := range g.Rects() {
		sum += area(r)
	}
	return sum
}

// Covers says whether one of the rectangles holds r.
func (g *Region) Covers(r image.Rectangle) bool {
	return slices.ContainsFunc(g.Rects(), r.In)
}

// Bounds is the smallest rectangle that holds the region.
func (g *Region) Bounds() image.Rectangle {
	var b image.Rectangle
	for _, r := range g.Rects() {
		b = b.Union(r)
	}
	return b
}

// Add covers r. Where a union wastes little, rectangles are merged; when the
// region is full, the pair whose union wastes least is.
func (g *Region) Add(r image.Rectangle) {
	if r.Empty() {
		return
	}
	for i := 0; i < g.n; {
		o := g.rects[i]
		if r.In(o) {
			return
		}
		u := o.Union(r)
		if o.In(r) || waste(o, r) <= area(u)/8 {
			r = u
			g.remove(i)
			i = 0 // the grown rectangle may swallow those already passed
			continue
		}
		i++
	}
	if g.n == MaxRects {
		g.merge(r)
		return
	}
	g.rects[g.n] = r
	g.n++
}

// AddRegion covers o.
func (g *Region) AddRegion(o *Region) {
	for _, r := range o.Rects() {
		g.Add(r)
	}
}

// Clip cuts the region down to what lies within b.
func (g *Region) Clip(b image.Rectangle) {
	for i := 0; i < g.n; {
		r := g.rects[i].Intersect(b)
		if r.Empty() {
			g.remove(i)
			continue
		}
		g.rects[i] = r
		i++
	}
}

// Align grows every rectangle to multiples of grid pixels, clipped to b.
func (g *Region) Align(grid int, b image.Rectangle) {
	rects := g.rects
	n := g.n
	g.Clear()
	for _, r := range rects[:n] {
		g.Add(image.Rect(
			r.Min.X/grid*grid, r.Min.Y/grid*grid,
			(r.Max.X+grid-1)/grid*grid, (r.Max.Y+grid-1)/grid*grid,
		).Intersect(b))
	}
}

// merge makes room for r by joining it with the rectangle where that wastes
// least, and adds the result afresh.
func (g *Region) merge(r image.Rectangle) {
	best, least := 0, int(^uint(0)>>1)
	for i, o := range g.Rects() {
		if w := waste(o, r); w < least {
			best, least = i, w
		}
	}
	u := g.rects[best].Union(r)
	g.remove(best)
	g.Add(u)
}

func (g *Region) remove(i int) {
	g.n--
	g.rects[i] = g.rects[g.n]
}

// waste is how many pixels the union of a and b holds beyond both.
func waste(a, b image.Rectangle) int {
	return area(a.Union(b)) - area(a) - area(b) + area(a.Intersect(b))
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
