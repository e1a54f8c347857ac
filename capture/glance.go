package capture

import (
	"image"
	"time"

	"github.com/easel-live/easel/capture/encode"
)

const (
	// A glance comes after so long without a frame: what moves on and on is shown
	// whole each time, for two frames of one change tear it apart.
	calm = 100 * time.Millisecond
	// lead is how long the rest waits, from the glance on: on its way to the eye
	// it would take a processor, here or there, from what goes before it.
	lead = 10 * time.Millisecond
	// worthwhile is how many times a glance's area has to have changed.
	worthwhile = 3
)

// glanceSize is what is looked at around the pointer, in pixels.
var glanceSize = image.Pt(448, 320)

// glance says whether a hand waits for the answer to what it did, of which much
// of the display is part, and what of that is around the pointer: whose hand it
// is looks there. A whole new screen takes an encoder 10 ms and more, this a
// third of it; the rest follows in the next frame.
func (s *Stream) glance(now time.Duration) (image.Rectangle, bool) {
	none := image.Rectangle{}
	if now-s.looked < calm || s.dirty.Area() < worthwhile*glanceSize.X*glanceSize.Y || !s.mark.waits(s.damaged) {
		return none, false
	}
	for _, c := range s.sources {
		if c.used && !c.isReady() {
			return none, false // it has to see everything first
		}
	}
	at, err := s.display.Pointer()
	if err != nil {
		return none, false
	}
	around := image.Rectangle{Max: glanceSize}.Add(at.Sub(glanceSize.Div(2)))
	around.Min = around.Min.Div(encode.Grid).Mul(encode.Grid)
	return around, s.dirty.Covers(around.Intersect(image.Rectangle{Max: s.size}))
}
