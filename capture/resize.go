package capture

import (
	"fmt"
	"image"
	"time"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/internal/room"
)

// resizeInterval is the least time between two changes of the display's size:
// each costs new encoders and a keyframe, and GIMP a new layout. Of wishes that
// come faster the last one counts.
const resizeInterval = 250 * time.Millisecond

// dress is how somebody wants the display: its size in pixels, and how large
// things are drawn on it in percent.
type dress struct {
	size  image.Point
	scale int
}

// Resize asks for another display size and scale; the last wish counts.
func (s *Stream) Resize(size image.Point, scale int) {
	s.wishes.Store(&dress{size, scale})
	s.poke()
}

// refit fulfils the latest wish when its time has come, and returns how long
// until then.
func (s *Stream) refit(now time.Duration) time.Duration {
	if s.wishes.Load() == nil {
		return never
	}
	if in := s.refitted + resizeInterval - now; s.refitted > 0 && in > 0 {
		return in
	}
	want := s.wishes.Swap(nil)
	s.refitted, s.unfit = now, ""
	// The scale first: windows lay themselves out anew once, for both.
	if err := s.display.SetScale(want.scale); err != nil {
		s.unfit = fmt.Sprintf("the X server refused to draw at %d%%", want.scale)
		s.log.Warn("scale refused", "scale", want.scale, "error", err)
	}
	fits := display.Clamp(want.size)
	if fits != want.size {
		s.unfit = fmt.Sprintf("%s was asked for and %s is what can be", inPixels(want.size), inPixels(fits))
	}
	if err := s.display.Resize(fits); err != nil {
		s.unfit = fmt.Sprintf("the X server refused %s", inPixels(fits))
		s.log.Warn("resize refused", "size", fits, "error", err)
	}
	if s.display.Size() == s.size {
		s.tellDress() // the size alone tells itself, once it shows
	}
	return never
}

// inPixels is a size as people write it.
func inPixels(size image.Point) string { return fmt.Sprintf("%dx%d", size.X, size.Y) }

// tellDress tells the room how the display is, and why it is no other.
func (s *Stream) tellDress() {
	err := s.sink.SetAttributes(map[string]string{
		room.DisplayAttribute: inPixels(s.size),
		room.ScaleAttribute:   fmt.Sprint(s.display.Scale()),
		room.UnfitAttribute:   s.unfit,
	})
	if err != nil {
		s.log.Warn("the room was not told the display's size", "error", err)
	}
}
