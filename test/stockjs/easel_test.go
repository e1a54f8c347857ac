package stockjs

import (
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/capture/packetize"
	"github.com/easel-live/easel/signaling/client"
)

// chart are the colours of the picture that easels show, side by side.
var chart = []color.RGBA{
	{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255},
	{0, 0, 0, 255}, {17, 93, 141, 255}, {201, 177, 65, 255}, {128, 128, 128, 255},
}

const chartWidth, chartHeight = 640, 400

// easel publishes the chart in some codecs, with real encoders, and encodes
// what is watched. One corner of the picture keeps changing.
type easel struct {
	t     *testing.T
	track *client.VideoTrack

	mu     sync.Mutex
	layers []*plate
}

// plate is one layer.
type plate struct {
	codec      codec.Codec
	rendition  int
	layer      int
	size       image.Point
	picture    *encode.Picture
	encoder    encode.Encoder
	packetizer packetize.Packetizer
	watched    bool
	key        bool
	frames     int
}

// showChart publishes the chart in codecs, most preferred first: the last of
// several in two sizes, all others in one.
func (s *stage) showChart(codecs ...codec.Codec) *easel {
	s.t.Helper()
	e := &easel{t: s.t}
	spec := client.VideoSpec{Name: "display", OnRTCP: e.onRTCP, OnWatched: e.onWatched}
	for i, c := range codecs {
		mime, fmtp := c.Format()
		r := client.Rendition{Codec: webrtc.RTPCodecCapability{MimeType: mime, SDPFmtpLine: fmtp, ClockRate: 90000}}
		if c == codec.VP9Full {
			r.ColorSpace = c.Colour().Describe()
		}
		half, full := image.Pt(chartWidth/2, chartHeight/2), image.Pt(chartWidth, chartHeight)
		sizes := []image.Point{full}
		if i > 0 && i == len(codecs)-1 {
			sizes = []image.Point{half, full}
		}
		for j, size := range sizes {
			r.Layers = append(r.Layers, client.Layer{RID: map[image.Point]string{half: "h", full: "f"}[size], Width: size.X, Height: size.Y})
			p, err := newPlate(c, size)
			if err != nil {
				s.t.Fatal(err)
			}
			p.rendition, p.layer, p.watched = i, j, i == 0
			e.layers = append(e.layers, p)
		}
		spec.Renditions = append(spec.Renditions, r)
	}
	s.joinAgent()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	track, err := s.agent.PublishVideo(ctx, spec)
	if err != nil {
		s.t.Fatal(err)
	}
	e.track = track
	stop := make(chan struct{})
	var painting sync.WaitGroup
	painting.Go(func() { e.paint(stop) })
	s.t.Cleanup(func() {
		close(stop)
		painting.Wait()
		for _, p := range e.layers {
			p.encoder.Close()
			p.picture.Close()
		}
	})
	return e
}

func newPlate(c codec.Codec, size image.Point) (*plate, error) {
	p := &plate{codec: c, size: size, packetizer: packetize.New(c, uint16(rand.Uint32()), uint16(rand.Uint32()))}
	var err error
	if p.picture, err = encode.NewPicture(encode.FormatOf(c), size); err != nil {
		return nil, err
	}
	if p.encoder, err = encode.New(c, encode.Options{Size: size, Kbps: 4000}); err != nil {
		p.picture.Close()
		return nil, err
	}
	return p, p.fill(image.Rectangle{Max: size}, 0)
}

// fill paints a rectangle of the chart, or of a shade that n tells.
func (p *plate) fill(r image.Rectangle, n uint8) error {
	pix := make([]byte, 0, 4*r.Dx()*r.Dy())
	for range r.Dy() {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := chart[x*len(chart)/p.size.X]
			if n > 0 {
				c = color.RGBA{n, n, n, 255}
			}
			pix = append(pix, c.B, c.G, c.R, 0)
		}
	}
	return p.picture.Update(pix, 4*r.Dx(), r)
}

func (e *easel) onRTCP(rendition, layer int, packet rtcp.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.layers {
		if _, isPLI := packet.(*rtcp.PictureLossIndication); isPLI && p.rendition == rendition && p.layer == layer {
			p.key = true
		}
	}
}

func (e *easel) onWatched(watched [][]bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.layers {
		is := watched[p.rendition][p.layer]
		p.key = p.key || is && !p.watched
		p.watched = is
	}
}

func (e *easel) frames(c codec.Codec) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.layers {
		if p.codec == c {
			n += p.frames
		}
	}
	return n
}

// watched are the codecs that somebody watches.
func (e *easel) watched() (codecs []codec.Codec) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.layers {
		if p.watched && !slices.Contains(codecs, p.codec) {
			codecs = append(codecs, p.codec)
		}
	}
	return codecs
}

func (e *easel) paint(stop <-chan struct{}) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for n := uint8(1); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		at := time.Since(began)
		for _, p := range e.layers {
			if err := e.frame(p, max(n, 1), at); err != nil {
				e.t.Error(err)
				return
			}
		}
	}
}

func (e *easel) frame(p *plate, n uint8, at time.Duration) error {
	e.mu.Lock()
	key, watched := p.key, p.watched
	p.key = false
	if watched {
		p.frames++
	}
	e.mu.Unlock()
	if !watched {
		return nil
	}
	corner := image.Rect(0, 0, 32, 32)
	if err := p.fill(corner, n); err != nil {
		return err
	}
	changed := []image.Rectangle{corner}
	if key {
		changed = []image.Rectangle{{Max: p.size}}
	}
	f, err := p.encoder.Encode(p.picture, encode.Request{Changed: changed, At: at, Key: key, Quality: encode.Exact})
	if err != nil {
		return err
	}
	return p.packetizer.Packets(f.Data, uint32(at*90000/time.Second), func(packet *rtp.Packet) error {
		_ = e.track.WriteRTP(p.rendition, p.layer, packet)
		return nil
	})
}
