package quality

import (
	"image"
	"math"
	"testing"
)

// filled is a picture whose pixels are the function of their place.
func filled(w, h int, at func(x, y int) (r, g, b byte)) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i := p.PixOffset(x, y)
			p.Pix[i], p.Pix[i+1], p.Pix[i+2] = at(x, y)
			p.Pix[i+3] = 255
		}
	}
	return p
}

func chequers(x, y int) (r, g, b byte) {
	v := byte((x ^ y) & 1 * 255)
	return v, 255 - v, v
}

func TestEqualPictures(t *testing.T) {
	p := filled(33, 17, chequers)
	if got := Compare(p, p, p.Rect); got != (Likeness{PSNR: MaxPSNR, SSIM: 1, Exact: 1}) {
		t.Errorf("%+v", got)
	}
	if got := Changed(p, p); !got.Empty() {
		t.Errorf("changed %v", got)
	}
}

func TestOneWrongPixel(t *testing.T) {
	a, b := filled(40, 20, chequers), filled(40, 20, chequers)
	b.Pix[b.PixOffset(7, 9)+1] ^= 255
	got := Compare(a, b, a.Rect)
	// One channel of one pixel of 800 is off by all it can be.
	if want := 10 * math.Log10(3*800); math.Abs(got.PSNR-want) > 1e-9 {
		t.Errorf("PSNR %v, want %v", got.PSNR, want)
	}
	if got.Exact != 799.0/800 || got.MaxError != 255 || got.SSIM >= 1 {
		t.Errorf("%+v", got)
	}
	if area := Changed(a, b); area != image.Rect(7, 9, 8, 10) {
		t.Errorf("changed %v", area)
	}
	if got := Compare(a, b, image.Rect(10, 0, 40, 20)); got.Exact != 1 {
		t.Errorf("the wrong pixel is outside of the area: %+v", got)
	}
}

func TestMaxPSNRIsOutOfReach(t *testing.T) {
	const pixels = 3840 * 2160
	if most := psnr(1.0 / (3 * pixels)); most >= MaxPSNR || most < 100 {
		t.Errorf("the smallest difference of a 4K picture is %v dB", most)
	}
}

func TestSSIMSeesStructure(t *testing.T) {
	a := filled(64, 64, func(x, y int) (byte, byte, byte) { v := byte(x * 4); return v, v, v })
	brighter := filled(64, 64, func(x, y int) (byte, byte, byte) { v := byte(x*4/2 + 40); return v, v, v })
	noise := filled(64, 64, func(x, y int) (byte, byte, byte) { v := byte((x*73 + y*151) % 256); return v, v, v })
	near, far := Compare(a, brighter, a.Rect).SSIM, Compare(a, noise, a.Rect).SSIM
	if near <= far || near > 1 || far < -1 {
		t.Errorf("near %v, far %v", near, far)
	}
}

func TestOtherSizes(t *testing.T) {
	a, b := filled(8, 8, chequers), filled(16, 8, chequers)
	if got := Compare(a, b, a.Rect); got.Exact != 0 || got.MaxError != 255 || got.PSNR != 0 {
		t.Errorf("%+v", got)
	}
	if Changed(a, b) != a.Rect {
		t.Error("everything has changed")
	}
}

func BenchmarkCompare(b *testing.B) {
	p := filled(1280, 800, chequers)
	q := filled(1280, 800, func(x, y int) (byte, byte, byte) { r, g, b := chequers(x, y); return r ^ 3, g, b })
	b.ReportAllocs()
	for b.Loop() {
		Compare(p, q, p.Rect)
	}
}
