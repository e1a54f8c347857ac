package encode

import (
	"image"
	"testing"
	"time"
)

// What does not change keeps its quality, however long something else does: the
// encoder must not filter what it skips over and over.
func TestStillPartsKeepTheirQuality(t *testing.T) {
	size := image.Pt(640, 480)
	s, p := newScreen(size), picture(t, size)
	all := image.Rectangle{Max: size}
	s.fill(all, busy(3))
	s.copyTo(t, p, all)
	e := encoder(t, Options{Size: size, Kbps: 2000})
	encode(t, e, p, Request{Changed: []image.Rectangle{all}})
	encode(t, e, p, Request{Changed: []image.Rectangle{all}, At: time.Second, Quality: Fine})
	before := e.library.distance(p)
	patch := image.Rect(0, 0, 32, 32)
	for i := range 100 {
		s.fill(patch, plain(uint32(i)*0x10101))
		s.copyTo(t, p, patch)
		encode(t, e, p, Request{Changed: []image.Rectangle{patch}, At: time.Second + time.Duration(i)*16*time.Millisecond})
	}
	if after := e.library.distance(p); after > before+1 {
		t.Fatalf("error %.2f before, %.2f after 100 frames elsewhere", before, after)
	}
}
