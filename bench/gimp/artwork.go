package gimp

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// Artwork is a picture to paint on, the same at every run, with what is hard to
// show in it: a smooth, grainy landscape of colours as of a photograph on its
// left, lines and letters in saturated colours on its right.
func Artwork(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(7, 11))
	paintPhoto(p, random)
	drawLines(p, random)
	return p
}

// paintPhoto fills the picture with waves of colour and a little grain.
func paintPhoto(p *image.RGBA, random *rand.Rand) {
	channel := func(v float64) byte { return byte(max(0, min(255, 128+110*v+6*random.NormFloat64()))) }
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			u, v := float64(x)/180, float64(y)/140
			p.SetRGBA(x, y, color.RGBA{
				R: channel(math.Sin(u + 1.7*math.Sin(v))),
				G: channel(math.Sin(1.3*v + math.Cos(1.1*u))),
				B: channel(math.Cos(0.7*u - 1.9*v)),
				A: 255,
			})
		}
	}
}

// inks are those that subsampled colour blurs most.
var inks = []color.RGBA{
	{230, 20, 30, 255}, {20, 60, 230, 255}, {0, 150, 60, 255}, {200, 0, 180, 255}, {240, 140, 0, 255}, {20, 20, 20, 255},
}

// drawLines covers the right half with papers of writing.
func drawLines(p *image.RGBA, random *rand.Rand) {
	papers := []color.RGBA{{250, 248, 240, 255}, {40, 44, 52, 255}, {230, 240, 255, 255}}
	const sheetWidth, sheetHeight, line, glyph = 220, 180, 14, 8
	half := p.Rect.Dx() / 2
	for top, n := 20, 0; top+sheetHeight < p.Rect.Dy(); top += sheetHeight + 30 {
		for left := half + 20; left+sheetWidth < p.Rect.Dx(); left += sheetWidth + 30 {
			fill(p, image.Rect(left, top, left+sheetWidth, top+sheetHeight), papers[n%len(papers)])
			n++
			for y := top + 8; y+line < top+sheetHeight; y += line {
				for x := left + 8; x+glyph < left+sheetWidth; x += glyph {
					scribble(p, x, y, inks[random.IntN(len(inks))], random)
				}
			}
		}
	}
}

func fill(p *image.RGBA, area image.Rectangle, c color.RGBA) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			p.SetRGBA(x, y, c)
		}
	}
}

// scribble draws a letter's worth of strokes, one pixel wide.
func scribble(p *image.RGBA, x, y int, ink color.RGBA, random *rand.Rand) {
	if random.IntN(6) == 0 { // a space between words
		return
	}
	for range 3 {
		sx, sy := x+random.IntN(5), y+random.IntN(7)
		dx, dy := random.IntN(2), random.IntN(2)
		if dx|dy == 0 {
			dy = 1
		}
		for i := range 2 + random.IntN(4) {
			p.SetRGBA(sx+i*dx, sy+i*dy, ink)
		}
	}
}
