package capture

import (
	"image"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/xvnctest"
)

func TestResizeWhileDrawing(t *testing.T) {
	name := xvnctest.Start(t, 1280, 800)
	p := xvnctest.NewPainter(t, name, 3840, 2160)
	s, f, d := run(t, name, Options{})
	stop, drawn := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drawn)
		for i := uint32(0); ; i++ {
			select {
			case <-stop:
				return
			default:
				p.Noise(t, int(i*37%600), int(i*91%400), 40, 40, i)
			}
		}
	}()
	for _, size := range []image.Point{{1001, 777}, {1920, 1080}, {640, 480}, {1366, 768}} {
		s.Resize(image.Pt(5, 5), 100) // overtaken by the next wish
		s.Resize(size, 200)
		f.until(t, size.String(), func() bool {
			return f.count(func(s sentFrame) bool { return s.layer == fullLayer && s.key && s.size == size }) > 0 &&
				f.count(func(s sentFrame) bool {
					return s.layer == halfLayer && s.key && s.size == image.Pt((size.X+1)/2, (size.Y+1)/2)
				}) > 0
		})
	}
	close(stop)
	<-drawn
	f.mu.Lock()
	if d.Size() != image.Pt(1366, 768) || f.attributes[room.DisplayAttribute] != "1366x768" || f.attributes[room.ScaleAttribute] != "200" {
		t.Errorf("%v, %v", d.Size(), f.attributes)
	}
	f.mu.Unlock()
	rest(t, s)
}

// However many wishes come, the display changes at the pace that it can, and
// ends as the last of them wants it.
func TestAStormOfResizes(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	s, f, d := run(t, name, Options{})
	f.until(t, "a picture", func() bool { return f.count(func(sentFrame) bool { return true }) > 0 })
	dresses := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.dresses
	}
	before, began := dresses(), time.Now()
	const wishes = 2000
	for i := range wishes {
		s.Resize(image.Pt(700+2*(i%200), 500+2*(i%150)), 100)
		time.Sleep(200 * time.Microsecond)
	}
	last := image.Pt(1024, 768)
	s.Resize(last, 100)
	f.until(t, "the last wish", func() bool {
		return f.count(func(s sentFrame) bool { return s.layer == fullLayer && s.key && s.size == last }) > 0
	})
	// A change of size is told once when it is asked for and once when it shows.
	most := 2 * (int(time.Since(began)/resizeInterval) + 2)
	if n := dresses() - before; n > most {
		t.Errorf("%d changes of the display for %d wishes within %v, want at most %d", n, wishes, time.Since(began), most)
	}
	rest(t, s)
	if d.Size() != last {
		t.Errorf("the display is %v, want %v", d.Size(), last)
	}
}

// A size that cannot be comes with a reason, which goes with the next one.
func TestAnUnfitSizeHasAReason(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	s, f, _ := run(t, name, Options{})
	s.Resize(image.Pt(9000, 700), 100)
	f.until(t, "a reason", func() bool {
		return f.attributes[room.DisplayAttribute] == "3840x700" &&
			f.attributes[room.UnfitAttribute] == "9000x700 was asked for and 3840x700 is what can be"
	})
	s.Resize(image.Pt(800, 600), 100)
	f.until(t, "no reason", func() bool {
		return f.attributes[room.DisplayAttribute] == "800x600" && f.attributes[room.UnfitAttribute] == ""
	})
}
