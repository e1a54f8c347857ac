package capture

import (
	"errors"
	"image"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/signaling/client"
)

// nullSink takes everything and keeps nothing.
type nullSink struct{}

func (nullSink) WriteRTP(LayerID, *rtp.Packet) error               { return nil }
func (nullSink) PublishData(string, []byte, bool, ...string) error { return nil }
func (nullSink) SetAttributes(map[string]string) error             { return nil }
func (nullSink) SetDimensions([]client.Layer) error                { return nil }

// From damage to the last packet of the full layer's frame.
func BenchmarkFramePatch(b *testing.B) { benchmarkFrame(b, image.Rect(400, 300, 451, 351)) }
func BenchmarkFrameFull(b *testing.B)  { benchmarkFrame(b, image.Rect(0, 0, 1280, 800)) }

func benchmarkFrame(b *testing.B, r image.Rectangle) {
	name := xvnctest.Start(b, 1280, 800)
	d := look(b, name)
	s := NewStream(d, nullSink{}, Options{})
	defer s.close()
	if err := errors.Join(s.resized(), s.attend()); err != nil {
		b.Fatal(err)
	}
	full := s.find(fullLayer)
	once := func(t task) {
		if err := s.capture(s.now()); err != nil {
			b.Fatal(err)
		}
		if err := s.frame(full, t, s.now()); err != nil {
			b.Fatal(err)
		}
	}
	p := xvnctest.NewPainter(b, name, 1280, 800)
	once(key)
	seed := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if seed++; r.Dx() > 100 {
			p.Fill(b, r.Min.X, r.Min.Y, r.Dx(), r.Dy(), seed*0x10305)
		} else {
			p.Noise(b, r.Min.X, r.Min.Y, r.Dx(), r.Dy(), seed)
		}
		for d.Take(&s.changes); ; d.Take(&s.changes) {
			if s.absorb(); r.In(s.dirty.Bounds()) {
				break
			}
			time.Sleep(50 * time.Microsecond)
		}
		b.StartTimer()
		once(delta)
	}
}
