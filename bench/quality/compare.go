package quality

import (
	"image"
	"math"
)

// MaxPSNR stands for "no difference": JSON has no infinity. It is above what one
// wrong step of one channel in a whole 4K picture gives.
const MaxPSNR = 130

// Likeness says how alike two pictures are.
type Likeness struct {
	PSNR float64 `json:"rgb_psnr_db"` // over all three channels; MaxPSNR: equal
	SSIM float64 `json:"ssim"`        // mean of the three channels', 1: equal
	// Exact is the share of pixels that are equal, MaxError the largest
	// difference of a channel, of 255.
	Exact    float64 `json:"exact_share"`
	MaxError int     `json:"max_error"`
}

// Compare measures b against a within an area; pictures of different sizes have
// no likeness at all.
func Compare(a, b *image.RGBA, area image.Rectangle) Likeness {
	if a.Rect != b.Rect {
		return Likeness{MaxError: 255}
	}
	area = area.Intersect(a.Rect)
	if area.Empty() {
		return Likeness{PSNR: MaxPSNR, SSIM: 1, Exact: 1}
	}
	var squares uint64
	var equal, most int
	for y := area.Min.Y; y < area.Max.Y; y++ {
		from, to := a.PixOffset(area.Min.X, y), a.PixOffset(area.Max.X, y)
		p, q := a.Pix[from:to], b.Pix[from:to]
		for i := 0; i < len(p); i += 4 {
			dr, dg, db := int(p[i])-int(q[i]), int(p[i+1])-int(q[i+1]), int(p[i+2])-int(q[i+2])
			if dr|dg|db == 0 {
				equal++
				continue
			}
			squares += uint64(dr*dr + dg*dg + db*db)
			most = max(most, dr, -dr, dg, -dg, db, -db)
		}
	}
	pixels := float64(area.Dx() * area.Dy())
	return Likeness{
		PSNR: psnr(float64(squares) / (3 * pixels)), SSIM: ssim(a, b, area),
		Exact: float64(equal) / pixels, MaxError: most,
	}
}

// psnr is the peak signal-to-noise ratio of 8-bit samples by their mean squared
// error, in decibels.
func psnr(meanSquare float64) float64 {
	if meanSquare == 0 {
		return MaxPSNR
	}
	return 10 * math.Log10(255*255/meanSquare)
}

// The windows of SSIM: side and distance in pixels.
const (
	window = 8
	step   = 4
)

// ssim is the structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE
// Transactions on Image Processing 13(4), 2004) with square windows, averaged
// over windows and channels.
func ssim(a, b *image.RGBA, area image.Rectangle) float64 {
	var sum float64
	var n int
	for y := area.Min.Y; y+window <= area.Max.Y; y += step {
		for x := area.Min.X; x+window <= area.Max.X; x += step {
			for channel := range 3 {
				sum += similarity(a, b, a.PixOffset(x, y)+channel)
			}
			n += 3
		}
	}
	if n == 0 { // smaller than a window
		return 1
	}
	return sum / float64(n)
}

// similarity is the SSIM of one channel in the window whose first sample is at.
func similarity(a, b *image.RGBA, at int) float64 {
	const samples = window * window
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	var sa, sb, saa, sbb, sab int
	for row := range window {
		i := at + row*a.Stride
		p, q := a.Pix[i:i+4*window-3], b.Pix[i:i+4*window-3]
		for j := 0; j < len(p); j += 4 {
			u, v := int(p[j]), int(q[j])
			sa += u
			sb += v
			saa += u * u
			sbb += v * v
			sab += u * v
		}
	}
	ma, mb := float64(sa)/samples, float64(sb)/samples
	va, vb := float64(saa)/samples-ma*ma, float64(sbb)/samples-mb*mb
	cov := float64(sab)/samples - ma*mb
	return (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
}

// Changed is the smallest area that holds every pixel that differs.
func Changed(a, b *image.RGBA) image.Rectangle {
	if a.Rect != b.Rect {
		return a.Rect
	}
	var area image.Rectangle
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		for x := a.Rect.Min.X; x < a.Rect.Max.X; x++ {
			i := a.PixOffset(x, y)
			if a.Pix[i] != b.Pix[i] || a.Pix[i+1] != b.Pix[i+1] || a.Pix[i+2] != b.Pix[i+2] {
				area = area.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return area
}
