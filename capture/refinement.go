package capture

import (
	"image"
	"slices"
	"time"

	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/encode"
)

const (
	// Refinement starts after this long without damage.
	refineAfter = 300 * time.Millisecond

	// A piece takes the line for so long, and the encoder for no longer than
	// this: what the hand does next waits for neither.
	pieceOnLine  = 40 * time.Millisecond
	pieceEncodes = 5 * time.Millisecond

	// Pixels of a piece: at first, at least, at most.
	firstPiece, leastPiece, mostPiece = 1 << 15, 1 << 14, 1 << 18

	// An exact frame of AV1 takes 30 ms, however small it is, so that many small
	// ones would only take longer.
	leastAV1Piece = 1 << 17

	// More than this part of the picture becomes fine first and exact after
	// that: a whole new screen is sharp within a second.
	directPart = 16

	// So often in a row may pieces come out inexact before they are left so.
	maxInexact = 3
)

// refinement is what a layer still owes a picture at rest, piece by piece.
// Rectangles are in pixels of the display.
type refinement struct {
	size    image.Point
	exactly bool          // the codec can be exact
	rough   damage.Blocks // shown, but only as well as the bitrate allowed
	unknown bool          // some of rough may be exact all the same
	fine    damage.Blocks // shown well, but not exactly
	pixels  int           // of the next piece
	least   int           // of any
	inexact int           // pieces in a row
	ready   time.Duration // the line is free again

	piece   [damage.MaxRects]image.Rectangle
	quality encode.Quality
}

// reset starts anew, on a display of another size, of which squares with a side of
// grid are shown and refined whole.
func (r *refinement) reset(display image.Point, exactly bool, grid, least int) {
	r.size, r.exactly, r.least, r.inexact = display, exactly, least, 0
	r.pixels = max(firstPiece, least)
	r.rough.Reset(display, grid)
	r.fine.Reset(display, grid)
}

// shown notes that rectangles went out in haste.
func (r *refinement) shown(rects ...image.Rectangle) {
	for _, rect := range rects {
		r.rough.Add(rect)
		r.fine.Remove(rect)
	}
	r.inexact, r.unknown = 0, r.exactly
}

// sift forgets what was shown exactly although it went out in haste, as plain
// areas are, and says whether there is something left to refine.
func (r *refinement) sift(exact func(image.Rectangle) bool) bool {
	if r.unknown {
		r.unknown = false
		r.rough.Sift(image.Rectangle{Max: r.size}, exact)
	}
	return !r.done()
}

// done says whether there is nothing left to refine.
func (r *refinement) done() bool { return r.rough.Empty() && r.fine.Empty() }

// exact says whether the picture is the display's, pixel by pixel.
func (r *refinement) exact() bool { return r.exactly && r.done() && r.inexact == 0 }

// wait is how long the next piece has to wait, when damage was last heard of at
// quiet.
func (r *refinement) wait(now, quiet time.Duration) time.Duration {
	return max(quiet+refineAfter, r.ready) - now
}

// cut takes the next piece, of a picture of which a side counts divisor times.
func (r *refinement) cut(divisor int) []image.Rectangle {
	area, to := r.pixels*divisor*divisor, r.piece[:0]
	switch {
	case !r.exactly:
		r.quality = encode.Fine
		return r.rough.Cut(area, to)
	case r.rough.Empty():
		r.quality = encode.Exact
		return r.fine.Cut(area, to)
	case r.fine.Empty() && r.rough.Area() < r.size.X*r.size.Y/directPart:
		r.quality = encode.Exact
		return r.rough.Cut(area, to)
	default:
		r.quality = encode.Fine
		piece := r.rough.Cut(area, to)
		for _, rect := range piece {
			r.fine.Add(rect)
		}
		return piece
	}
}

// load notes that so many bytes are on their way, and how long they take. What
// is refined waits until they have arrived.
func (r *refinement) load(bytes, kbps int, now time.Duration) time.Duration {
	onLine := time.Duration(bytes*8) * time.Millisecond / time.Duration(max(kbps, 1))
	r.ready = max(r.ready, now) + onLine
	return onLine
}

// pixels counts what rectangles cover.
func pixels(rects []image.Rectangle) int {
	n := 0
	for _, r := range rects {
		n += r.Dx() * r.Dy()
	}
	return n
}

// sent learns from a piece of so many bytes, which took so long to encode, how
// large the next may be and when. What was to be exact and is not is tried again,
// and what is exact sooner than asked for is done.
func (r *refinement) sent(piece []image.Rectangle, divisor int, exact func(image.Rectangle) bool, bytes, kbps int, took, now time.Duration) {
	onLine := r.load(bytes, kbps, now)
	fits := min(float64(pieceOnLine)/float64(max(onLine, 1)), float64(pieceEncodes)/float64(max(took, 1)))
	fitting := fits * float64(pixels(piece)) / float64(divisor*divisor)
	r.pixels = min(max(int(min(fitting, float64(2*r.pixels))), r.least), mostPiece)
	switch {
	case !r.exactly:
	case r.quality != encode.Exact:
		for _, rect := range piece {
			r.fine.Sift(rect, exact)
		}
	case slices.ContainsFunc(piece, func(rect image.Rectangle) bool { return !exact(rect) }):
		if r.inexact++; r.inexact < maxInexact {
			for _, rect := range piece {
				r.rough.Add(rect)
			}
		}
	default:
		r.inexact = 0
	}
}
