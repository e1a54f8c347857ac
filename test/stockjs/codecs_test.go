package stockjs

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/quality"
	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/encode"
)

// encodable leaves out the codecs that this build has no encoder for.
func encodable(t *testing.T, codecs ...codec.Codec) []codec.Codec {
	t.Helper()
	return slices.DeleteFunc(codecs, func(c codec.Codec) bool {
		e, err := encode.New(c, encode.Options{Size: image.Pt(64, 64), Kbps: 1000})
		if errors.Is(err, encode.ErrCodec) {
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
		e.Close()
		return false
	})
}

// farthest is how far the colours that a page shows are from the chart's, in
// steps of 256, at worst.
func (p *page) farthest() int {
	p.t.Helper()
	places := make([]string, len(chart))
	for i := range chart {
		places[i] = fmt.Sprintf("[%f, 0.5]", (float64(i)+0.5)/float64(len(chart)))
	}
	got := eval[[][]int](p, "colours(["+strings.Join(places, ",")+"])")
	worst, apart := 0, make([]string, len(chart))
	for i, c := range chart {
		shown := color.RGBA{uint8(got[i][0]), uint8(got[i][1]), uint8(got[i][2]), 255}
		apart[i] = fmt.Sprintf("%.1f", quality.DeltaE(c, shown))
		for j, want := range []uint8{c.R, c.G, c.B} {
			worst = max(worst, got[i][j]-int(want), int(want)-got[i][j])
		}
	}
	p.t.Logf("ΔE of the patches: %s", strings.Join(apart, ", "))
	return worst
}

// shows waits until a page shows a codec, and the chart in it.
func (p *page) shows(c codec.Codec, width int) {
	p.t.Helper()
	mime, fmtp := c.Format()
	if !c.Full() {
		fmtp = "" // who reduces colour does not always say so
	}
	p.until(fmt.Sprintf("%v is received", c), fmt.Sprintf("codec().then((c) => c.startsWith(%s) && c.includes(%s) && seen.width === %d)", quote(mime), quote(fmtp), width))
	worst := p.farthest()
	most := 4
	if c.Full() {
		most = 0
	}
	if worst > most {
		p.t.Errorf("%v: the colours are %d off, at most %d was expected", c, worst, most)
	}
	p.t.Logf("%v: the colours are %d off", c, worst)
}

// only restricts a page to one codec, as an old browser would be.
func only(c codec.Codec) string {
	mime, fmtp := c.Format()
	if c == codec.H264 {
		fmtp = "packetization-mode=1;profile-level-id=42e01f"
	}
	return "onlyDecode(" + quote(mime) + ", " + quote(fmtp) + ")"
}

// A real Chromium decodes what the encoders make, through the server, to the
// right colours: the very ones where the codec has them all. All codecs are of
// one track, in one room, at one time, and each page can decode just one.
func TestChromiumShowsEveryCodec(t *testing.T) {
	codecs := encodable(t, codec.AV1Full, codec.VP9Full, codec.AV1, codec.VP9, codec.H264, codec.VP8)
	s := serve(t)
	s.showChart(codecs...)
	s.browser = startChromium(t)
	for _, c := range codecs {
		p := s.openAs(c.String(), `{}`, only(c))
		p.until("video plays", `seen.frames > 3`)
		p.shows(c, chartWidth)
	}
}

// In one room at one time everyone gets the best that they can decode, and a
// codec is encoded only while somebody watches it.
func TestEachGetsTheirCodec(t *testing.T) {
	s := serve(t)
	e := s.showChart(codec.VP9Full, codec.VP8)
	s.browser = startChromium(t)
	able := s.open("able", `{}`)
	able.until("video plays", `seen.frames > 3`)
	able.shows(codec.VP9Full, chartWidth)
	if n := e.frames(codec.VP8); n > 0 {
		t.Errorf("%d frames of VP8, which nobody watches", n)
	}

	old := s.openAs("old", `{}`, only(codec.VP8))
	old.until("video plays", `seen.frames > 3`)
	old.shows(codec.VP8, chartWidth)
	able.do(`(window.before = seen.frames)`)
	able.until("VP9 goes on", `seen.frames > window.before + 3`)
	able.shows(codec.VP9Full, chartWidth)

	old.do(`room.disconnect()`)
	s.eventually("VP8 is not encoded any more", func() bool { return slices.Equal(e.watched(), []codec.Codec{codec.VP9Full}) })

	able.changesDecoders(codec.VP9Full, codec.VP8)
}

// changesDecoders makes a thumbnail of the picture and a whole of that, which
// come in another codec each: the browser has to change decoders at a keyframe,
// in one stream.
func (p *page) changesDecoders(whole, small codec.Codec) {
	p.t.Helper()
	for range 2 {
		began := time.Now()
		p.do(`wantQuality("MEDIUM")`)
		p.shows(small, chartWidth/2)
		p.t.Logf("to %v in %v", small, time.Since(began))
		began = time.Now()
		p.do(`wantQuality("HIGH")`)
		p.shows(whole, chartWidth)
		p.t.Logf("to %v in %v", whole, time.Since(began))
	}
	if n := eval[int](p, `seen.tracks`); n != 1 {
		p.t.Errorf("%d tracks were subscribed to, want one that changes its codec", n)
	}
}

// Firefox decodes no 4:4:4: it gets the next best, in the same room.
func TestFirefoxGetsWhatItCanDecode(t *testing.T) {
	s := serve(t)
	s.showChart(codec.VP9Full, codec.VP9, codec.VP8)
	s.browser = startFirefox(t)
	p := s.open("firefox", `{}`)
	p.until("video plays", `seen.frames > 3`)
	p.shows(codec.VP9, chartWidth)
	p.changesDecoders(codec.VP9, codec.VP8)
}
