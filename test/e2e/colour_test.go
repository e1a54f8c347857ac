package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	paint "image/draw"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/quality"
	"github.com/easel-live/easel/bench/screen"
)

// chart is what photographers hold before a camera: 24 patches, skin to grey
// (the ColorChecker's published sRGB values).
var chart = []uint32{
	0x735244, 0xc29682, 0x627a9d, 0x576c43, 0x8580b1, 0x67bdaa,
	0xd67e2c, 0x505ba6, 0xc15a63, 0x5e3c6c, 0x9dbc40, 0xe0a32e,
	0x383d96, 0x469449, 0xaf363c, 0xe7c71f, 0xbb5695, 0x0885a1,
	0xf3f3f2, 0xc8c8c8, 0xa0a0a0, 0x7a7a79, 0x555555, 0x343434,
}

const (
	patch   = 64
	columns = 6
	frame   = 8
)

// frameColour is found on the screen by its looks.
var frameColour = color.RGBA{0xff, 0x00, 0xff, 0xff}

func rgb(c uint32) color.RGBA { return color.RGBA{byte(c >> 16), byte(c >> 8), byte(c), 0xff} }

func chartPNG() image.Image {
	inner := image.Rect(0, 0, columns*patch, len(chart)/columns*patch)
	img := image.NewRGBA(inner.Inset(-frame).Sub(inner.Inset(-frame).Min))
	paint.Draw(img, img.Rect, image.NewUniform(frameColour), image.Point{}, paint.Src)
	for i, c := range chart {
		at := image.Pt(frame+i%columns*patch, frame+i/columns*patch)
		paint.Draw(img, image.Rectangle{Min: at, Max: at.Add(image.Pt(patch, patch))}, image.NewUniform(rgb(c)), image.Point{}, paint.Src)
	}
	return img
}

// shown reads the pixels of the page's video.
func shown(b *browser.Browser) (*image.RGBA, error) {
	if err := b.Record(0); err != nil {
		return nil, err
	}
	shots, err := b.Recorded()
	if err != nil {
		return nil, err
	}
	if len(shots) == 0 {
		return nil, errors.New("no picture")
	}
	last := len(shots) - 1
	return b.Pixels(last, shots[last])
}

// A chart goes from a file through GIMP, X, the encoder, the network and
// Chromium's decoder to the page's pixels, and not one of them is off; the page
// says so itself.
func TestColoursArriveExactly(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	b := open(t, inst, s, "owner")
	openImage(t, b, s, putPNG(t, s, "chart.png", chartPNG()))
	t.Setenv("XAUTHORITY", authority(s))
	x, err := screen.Open(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()

	var got *image.RGBA
	eventually(t, "the picture is exact", func() error {
		if says, err := browser.Evaluate[bool](b, `document.querySelector('.handle.exact') !== null`); err != nil || !says {
			return fmt.Errorf("the page does not say so: %w", err)
		}
		if got, err = shown(b); err != nil {
			return err
		}
		truth, err := x.Grab()
		if err != nil {
			return err
		}
		if l := quality.Compare(truth, got, truth.Rect); l.MaxError != 0 {
			return fmt.Errorf("largest error %d, %.2f%% of the pixels equal", l.MaxError, 100*l.Exact)
		}
		return nil
	})
	keep(t, b, "exact")

	at, ok := find(got, frameColour)
	if !ok {
		t.Fatal("the chart is not in the picture")
	}
	for i, c := range chart {
		p := at.Add(image.Pt(frame+i%columns*patch+patch/2, frame+i/columns*patch+patch/2))
		e := quality.DeltaE(rgb(c), got.RGBAAt(p.X, p.Y))
		t.Logf("patch %2d #%06x: ΔE %.2f", i+1, c, e)
		if e > 0 {
			t.Errorf("patch %d: %v arrives as %v", i+1, rgb(c), got.RGBAAt(p.X, p.Y))
		}
	}
}

// find is the chart's corner: the first pixel of the frame's colour with the
// whole upper edge beside it, which a thumbnail's is too short for.
func find(img *image.RGBA, c color.RGBA) (image.Point, bool) {
	const edge = columns * patch
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() - edge {
			if img.RGBAAt(x, y) == c && img.RGBAAt(x+edge/2, y) == c && img.RGBAAt(x+edge, y) == c {
				return image.Pt(x, y), true
			}
		}
	}
	return image.Point{}, false
}
