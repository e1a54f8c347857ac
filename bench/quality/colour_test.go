package quality

import (
	"image/color"
	"math"
	"testing"
)

func TestDeltaE(t *testing.T) {
	black, white := color.RGBA{A: 255}, color.RGBA{255, 255, 255, 255}
	for _, c := range []struct {
		a, b color.RGBA
		want float64
	}{{white, white, 0}, {black, white, 100}, {color.RGBA{119, 119, 119, 255}, black, 50.0}} {
		if got := DeltaE(c.a, c.b); math.Abs(got-c.want) > 0.1 {
			t.Errorf("%v and %v are %.2f apart, want %.2f", c.a, c.b, got, c.want)
		}
	}
}
