package gimp

import "github.com/easel-live/easel/bench/browser"

// Spot is a place of the video, 0 to 1 of its width and height.
type Spot struct{ X, Y float64 }

// The grid that the picture is looked at with: cells of cell pixels; a spot
// needs white cells margin around it, and spots are apart cells away from each
// other so that one dab does not reach the next.
const (
	cell   = 8
	margin = 4
	apart  = 6
	white  = 245
)

// Bounds are the outermost places, 0 to 1 of the video's width and height.
func Bounds(spots []Spot) (left, top, right, bottom float64) {
	left, top = 1, 1
	for _, s := range spots {
		left, right = min(left, s.X), max(right, s.X)
		top, bottom = min(top, s.Y), max(bottom, s.Y)
	}
	return left, top, right, bottom
}

// Extent is the size of the white area that the places are in, in pixels of the
// video.
func Extent(picture browser.Picture, spots []Spot) (width, height int) {
	left, top, right, bottom := Bounds(spots)
	const around = 2 * margin * cell
	return int((right-left)*float64(picture.Width)) + around, int((bottom-top)*float64(picture.Height)) + around
}

// whiteSpots looks for spots; found says whether there is a canvas at all.
func whiteSpots(page Page) (spots []Spot, found bool, err error) {
	picture, err := page.Picture()
	if err != nil {
		return nil, false, err
	}
	columns, rows := max(picture.Width/cell, 1), max(picture.Height/cell, 1)
	lumas, err := page.Lumas(columns, rows)
	if err != nil {
		return nil, false, err
	}
	whites := 0
	for _, l := range lumas {
		if l >= white {
			whites++
		}
	}
	spots = place(lumas, columns, rows)
	return spots, len(spots) > 0 && float64(whites) >= canvasShare*float64(len(lumas)), nil
}

// place chooses, row by row, cells that are white with all their surroundings.
func place(lumas []int, columns, rows int) []Spot {
	var spots []Spot
	for row := margin; row < rows-margin; row += apart {
		for column := margin; column < columns-margin; {
			if !clear(lumas, columns, column, row) {
				column++
				continue
			}
			spots = append(spots, Spot{(float64(column) + 0.5) / float64(columns), (float64(row) + 0.5) / float64(rows)})
			column += apart
		}
	}
	return spots
}

func clear(lumas []int, columns, column, row int) bool {
	for y := row - margin; y <= row+margin; y++ {
		for x := column - margin; x <= column+margin; x++ {
			if lumas[y*columns+x] < white {
				return false
			}
		}
	}
	return true
}
