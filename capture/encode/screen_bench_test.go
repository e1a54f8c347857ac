package encode

import (
	"image"
	"image/draw"
	_ "image/png" // GIMP, as a screenshot has it
	"math"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/easel-live/easel/capture/codec"
)

// used is the processor time of this process, of all threads.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// screenshot is GIMP in a browser, repeated beyond its edges.
func screenshot(b *testing.B) func(x, y int) uint32 {
	f, err := os.Open("../../docs/images/editor.png")
	must(b, err)
	defer f.Close()
	img, _, err := image.Decode(f)
	must(b, err)
	pixels := image.NewRGBA(img.Bounds())
	draw.Draw(pixels, pixels.Rect, img, image.Point{}, draw.Src)
	return func(x, y int) uint32 {
		c := pixels.RGBAAt(x%pixels.Rect.Dx(), y%pixels.Rect.Dy())
		return uint32(c.B) | uint32(c.G)<<8 | uint32(c.R)<<16
	}
}

// What a session mostly encodes: a keyframe for who comes, a dab after a dab, a
// canvas that scrolls, a piece that becomes exact.
func BenchmarkScreen(b *testing.B) {
	pixels := screenshot(b)
	dab := image.Rect(384, 256, 448, 320)
	canvas := image.Rect(192, 128, 1024, 704)
	for _, size := range []image.Point{{1280, 800}, {1920, 1080}} {
		for _, c := range []codec.Codec{codec.VP8, codec.VP9, codec.VP9Full, codec.AV1, codec.AV1Full} {
			for _, of := range []struct {
				name    string
				changed image.Rectangle
				request Request
				moves   image.Point
			}{
				{"key", image.Rectangle{Max: size}, Request{Key: true, Bytes: 131_250}, image.Point{}},
				{"dab", dab, Request{}, image.Pt(37, 53)},
				{"scroll", canvas, Request{Bytes: 65_625}, image.Pt(0, 16)},
				{"exact", image.Rect(384, 256, 896, 576), Request{Quality: Exact}, image.Pt(37, 53)},
			} {
				if of.request.Quality == Exact && !c.Full() {
					continue
				}
				b.Run(c.String()+"/"+size.String()+"/"+of.name, func(b *testing.B) {
					benchmarkScreen(b, c, size, of.changed, of.request, func(i int) func(x, y int) uint32 {
						by := of.moves.Mul(i % 20)
						return func(x, y int) uint32 { return pixels(x+by.X, y+by.Y) }
					})
				})
			}
		}
	}
}

func benchmarkScreen(b *testing.B, c codec.Codec, size image.Point, r image.Rectangle, request Request, paint func(i int) func(x, y int) uint32) {
	s, p := newScreen(size), pictureOf(b, FormatOf(c), size)
	all := image.Rectangle{Max: size}
	s.fill(all, paint(0))
	s.copyTo(b, p, all)
	e := encoderOf(b, c, Options{Size: size, Kbps: 3500})
	encode(b, e, p, Request{Changed: []image.Rectangle{all}})
	encode(b, e, p, Request{Changed: []image.Rectangle{all}, Quality: Fine})
	request.Changed = []image.Rectangle{r}
	var cpu time.Duration
	bytes, frames, square := 0, 0, 0.0
	for b.Loop() {
		b.StopTimer()
		request.At += 33 * time.Millisecond
		s.fill(r, paint(frames))
		s.copyTo(b, p, r)
		before := used()
		b.StartTimer()
		bytes += len(encode(b, e, p, request).Data)
		b.StopTimer()
		cpu += used() - before
		square += e.library.distance(p)
		frames++
		b.StartTimer()
	}
	b.ReportMetric(cpu.Seconds()*1000/float64(frames), "cpu-ms/frame")
	b.ReportMetric(float64(bytes)/float64(frames), "B/frame")
	b.ReportMetric(10*math.Log10(255*255/max(square/float64(frames), 1e-9)), "dB")
}
