package capture

import (
	"image"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/xvnctest"
)

// Of a large answer to the hand what surrounds the pointer is captured first, and
// everything right after it; of what nobody's hand did, or what goes on and on,
// everything at once.
func TestTheHandIsLookedAtFirst(t *testing.T) {
	size := image.Pt(1280, 800)
	name := xvnctest.Start(t, size.X, size.Y)
	p := xvnctest.NewPainter(t, name, size.X, size.Y)
	d := look(t, name)
	s := NewStream(d, nullSink{}, Options{})
	defer s.close()
	if err := s.resized(); err != nil {
		t.Fatal(err)
	}
	s.sources[0].used = true
	pointer, err := d.Pointer()
	if err != nil {
		t.Fatal(err)
	}
	blue := func(at image.Point) byte { return s.screen.pix[(at.Y*size.X+at.X)*bytesPerPixel] }
	capture := func(now time.Duration) {
		t.Helper()
		if err := s.capture(now); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(colour byte, hand bool) {
		t.Helper()
		if hand {
			s.Injecting(1, 1)
		}
		p.Fill(t, 0, 0, size.X, size.Y, uint32(colour))
		for s.dirty.Area() < size.X*size.Y {
			<-d.Changed()
			d.Take(&s.changes)
			s.absorb()
		}
	}
	corner := image.Pt(4, 4)
	capture(time.Second) // the first picture

	changed(10, true)
	capture(2 * time.Second)
	if blue(pointer) != 10 || blue(corner) == 10 {
		t.Fatalf("pointer at %v shows %d, the corner %d", pointer, blue(pointer), blue(corner))
	}
	capture(2*time.Second + time.Millisecond)
	if blue(corner) != 10 || !s.dirty.Empty() {
		t.Fatalf("then the corner shows %d, dirty %v", blue(corner), s.dirty.Rects())
	}
	changed(20, true)
	capture(2*time.Second + calm)
	if blue(corner) != 20 {
		t.Fatal("what goes on is shown in parts")
	}
	s.mark.take(s.damaged)
	changed(30, false)
	capture(4 * time.Second)
	if blue(corner) != 30 {
		t.Fatal("what no hand did is shown in parts")
	}
}
