package encode

// #include <stdint.h>
import "C"

import (
	"image"
	"time"
)

const (
	clock = 90_000 // ticks per second of presentation times

	// A frame after a pause counts as if this long after the last, at most:
	// otherwise the rate control would hand it the bits of the whole pause.
	longestGap = 100 * time.Millisecond
	// And at least this long, for the rate control needs time to move.
	shortestGap = time.Second / 240
)

// maxRects is how many rectangles Encode passes on before it joins them.
const maxRects = 16

// ticker makes presentation times of capture times.
type ticker struct {
	pts     int64
	last    time.Duration
	started bool
}

// advance moves on to a frame captured at at, and returns by how many ticks.
func (t *ticker) advance(at time.Duration) int64 {
	gap := shortestGap
	if t.started {
		gap = min(max(at-t.last, shortestGap), longestGap)
	}
	ticks := int64(gap * clock / time.Second)
	t.last, t.started = at, true
	t.pts += ticks
	return ticks
}

// rects are rectangles laid out for C: x0, y0, x1, y1 each.
type rects [maxRects * 4]C.int32_t

// set lays out what changed, joining rectangles that don't fit, and returns how
// many there are.
func (to *rects) set(changed []image.Rectangle) int {
	n := min(len(changed), maxRects)
	for i, r := range changed[:n] {
		if i == n-1 {
			for _, more := range changed[n:] {
				r = r.Union(more)
			}
		}
		copy(to[4*i:], []C.int32_t{C.int32_t(r.Min.X), C.int32_t(r.Min.Y), C.int32_t(r.Max.X), C.int32_t(r.Max.Y)})
	}
	return n
}

func number(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
