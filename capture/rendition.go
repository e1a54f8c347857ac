package capture

import (
	"errors"
	"image"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/encode"
	"github.com/easel-live/easel/signaling/client"
)

// Size is the resolution of a layer: what the display's sides are divided by.
type Size int

// Sizes.
const (
	Full Size = 1
	Half Size = 2
)

// rid is the layer's name in simulcast.
func (s Size) rid() string {
	if s == Half {
		return "h"
	}
	return "f"
}

// Rendition is the display in one codec, in one or more sizes.
type Rendition struct {
	Codec codec.Codec
	Sizes []Size // smallest first
}

// LayerID names a layer of a Stream: its rendition, as Options have them, and
// its place among the rendition's sizes.
type LayerID struct{ Rendition, Layer int }

// Renditions are those for codecs in order of preference. All the colour is for
// the whole display: where a codec with half of it is to be had too, thumbnails
// come in that one, so that everybody's are the same.
func Renditions(codecs []codec.Codec) []Rendition {
	small := false
	for _, c := range codecs {
		small = small || !c.Full()
	}
	renditions := make([]Rendition, len(codecs))
	for i, c := range codecs {
		renditions[i] = Rendition{c, []Size{Half, Full}}
		if small && c.Full() {
			renditions[i].Sizes = []Size{Full}
		}
	}
	return renditions
}

// offer is how a rendition of the display is published, now that this has the
// size that sizes tells.
func (o *Options) offer(r Rendition, sizes sizes) client.Rendition {
	mime, fmtp := r.Codec.Format()
	out := client.Rendition{Codec: webrtc.RTPCodecCapability{MimeType: mime, SDPFmtpLine: fmtp, ClockRate: clockRate}}
	if r.Codec == codec.VP9Full {
		// AV1's own bitstream is believed; VP9's is not.
		out.ColorSpace = r.Codec.Colour().Describe()
	}
	for _, s := range r.Sizes {
		at := sizes.of(s)
		out.Layers = append(out.Layers, client.Layer{RID: s.rid(), Width: at.X, Height: at.Y, BitsPerSecond: 1000 * o.kbps(s)})
	}
	return out
}

// keepEncodable leaves out the codecs that this machine has no encoder for.
func (a *Agent) keepEncodable() error {
	o := &a.config.Options
	var why error
	o.Renditions = slices.DeleteFunc(slices.Clone(o.Renditions), func(r Rendition) bool {
		e, err := encode.New(r.Codec, encode.Options{Size: image.Pt(64, 64), Kbps: o.Kbps})
		if err == nil {
			e.Close()
			if r.Codec == codec.H264 {
				a.tellH264()
			}
			return false
		}
		a.log.Info("codec left out", "codec", r.Codec.String(), "error", err)
		why = errors.Join(why, err)
		return true
	})
	if len(o.Renditions) == 0 {
		return why
	}
	return nil
}

// tellH264 says what encodes H.264, and why it is no GPU.
func (a *Agent) tellH264() {
	if name, missing := encode.H264(); missing != nil {
		a.log.Info("H.264 is encoded without the best encoder", "by", name, "missing", strings.ReplaceAll(missing.Error(), "\n", "; "))
	} else {
		a.log.Info("H.264 is encoded by a GPU", "by", name)
	}
}

// dropBroken leaves out a codec whose encoder failed for good, unless it is the
// only one.
func (a *Agent) dropBroken(err error) bool {
	var broken *EncoderError
	o := &a.config.Options
	if !errors.As(err, &broken) || len(o.Renditions) < 2 {
		return false
	}
	a.log.Error("going on without a codec", "codec", broken.Codec.String(), "error", broken.Err)
	o.Renditions = slices.DeleteFunc(slices.Clone(o.Renditions), func(r Rendition) bool { return r.Codec == broken.Codec })
	return true
}
