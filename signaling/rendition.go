package signaling

import (
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu"
)

// rendition is a track in one codec, as its publisher announced it.
type rendition struct {
	// codec as LiveKit names it ("vp9"), with the parameters that make it
	// another one to a decoder ("vp9;profile-id=1"); "" until media tells.
	codec string
	cid   string // "": published when somebody needs it
}

// mimeTypes are the video codecs that can be forwarded, by LiveKit's names.
var mimeTypes = map[string]string{
	"vp8": webrtc.MimeTypeVP8, "vp9": webrtc.MimeTypeVP9, "av1": webrtc.MimeTypeAV1, "h264": webrtc.MimeTypeH264,
}

// capability is what a decoder of the rendition needs to be able to do.
func (r rendition) capability() webrtc.RTPCodecCapability {
	name, parameters, _ := strings.Cut(r.codec, ";")
	return webrtc.RTPCodecCapability{MimeType: mimeTypes[strings.ToLower(name)], ClockRate: 90000, SDPFmtpLine: parameters}
}

// codecName is LiveKit's name for a MIME type.
func codecName(mime string) string {
	_, name, _ := strings.Cut(strings.ToLower(mime), "/")
	return name
}

// announced reads the codecs in which a track will be published, most preferred
// first, leaving out those that nobody here knows: a client falls back to what
// it is answered.
func announced(add *livekit.AddTrackRequest) ([]rendition, []*livekit.SimulcastCodecInfo) {
	var renditions []rendition
	var infos []*livekit.SimulcastCodecInfo
	if add.GetType() == livekit.TrackType_VIDEO {
		for _, c := range add.GetSimulcastCodecs() {
			r := rendition{codec: c.GetCodec(), cid: c.GetCid()}
			mime := r.capability().MimeType
			if mime == "" {
				continue
			}
			layers := c.GetLayers()
			if len(layers) == 0 {
				layers = add.GetLayers()
			}
			renditions = append(renditions, r)
			infos = append(infos, &livekit.SimulcastCodecInfo{
				MimeType: mime, Cid: r.cid, Layers: layers, VideoLayerMode: layerMode(c.GetVideoLayerMode()),
			})
		}
	}
	switch {
	case len(renditions) > 0:
		if renditions[0].cid == "" {
			renditions[0].cid = add.GetCid()
		}
		return renditions, infos
	case len(add.GetSimulcastCodecs()) > 0 && add.GetType() == livekit.TrackType_VIDEO:
		renditions = []rendition{{codec: "vp8", cid: add.GetCid()}}
	default:
		renditions = []rendition{{cid: add.GetCid()}}
	}
	if len(add.GetLayers()) > 0 || renditions[0].codec != "" {
		infos = []*livekit.SimulcastCodecInfo{{
			MimeType: renditions[0].capability().MimeType, Cid: add.GetCid(), Layers: add.GetLayers(), VideoLayerMode: layerMode(0),
		}}
	}
	return renditions, infos
}

func layerMode(said livekit.VideoLayer_Mode) livekit.VideoLayer_Mode {
	if said == livekit.VideoLayer_MODE_UNUSED {
		return livekit.VideoLayer_ONE_SPATIAL_LAYER_PER_STREAM
	}
	return said
}

// layersOf are the layers of a rendition.
func (t *track) layersOf(i int) []*livekit.VideoLayer {
	if codecs := t.info.GetCodecs(); i < len(codecs) {
		return codecs[i].GetLayers()
	}
	return nil
}

// resize takes the layers' sizes. Which layers a rendition has stays as
// announced, unless nothing was.
func (t *track) resize(layers []*livekit.VideoLayer) {
	if len(t.info.GetCodecs()) == 0 && len(layers) > 0 {
		t.info.Codecs = []*livekit.SimulcastCodecInfo{{
			MimeType: t.info.GetMimeType(), Mid: t.info.GetMid(), Cid: t.cid, VideoLayerMode: layerMode(0),
		}}
	}
	for _, c := range t.info.GetCodecs() {
		if len(c.GetLayers()) == 0 {
			c.Layers = layers
			continue
		}
		c.Layers = slices.Clone(c.GetLayers())
		for i, old := range c.Layers {
			for _, l := range layers {
				if l.GetQuality() == old.GetQuality() {
					c.Layers[i] = l
				}
			}
		}
	}
	t.mirror()
}

// mirror repeats the first rendition's layers where older clients look.
func (t *track) mirror() {
	layers := t.layersOf(0)
	//lint:ignore SA1019 most clients still read them there
	t.info.Layers, t.info.Simulcast = layers, len(layers) > 1
}

// learn takes what arriving media tells of the renditions.
func (t *track) learn(info sfu.PublicationInfo) {
	isFirst := true
	for i, r := range info.Renditions {
		if r.MID == "" {
			continue
		}
		if i < len(t.info.GetCodecs()) {
			t.info.Codecs[i].MimeType, t.info.Codecs[i].Mid = r.MimeType, r.MID
		}
		if t.renditions[i].codec == "" || !strings.EqualFold(t.renditions[i].capability().MimeType, r.MimeType) {
			t.renditions[i].codec = codecName(r.MimeType)
		}
		if isFirst {
			t.info.MimeType, t.info.Mid = r.MimeType, r.MID
			isFirst = false
		}
	}
}

// spec is the track as the media side knows it.
func (t *track) spec() sfu.TrackSpec {
	spec := sfu.TrackSpec{
		ID: sfu.TrackID(t.info.GetSid()), Video: t.info.GetType() == livekit.TrackType_VIDEO,
		Width: int(t.info.GetWidth()), Height: int(t.info.GetHeight()),
	}
	for i, r := range t.renditions {
		rendition := sfu.RenditionSpec{ClientID: r.cid, Layers: layerSpecs(t.layersOf(i))}
		if r.codec != "" {
			rendition.Codec = r.capability()
		}
		spec.Renditions = append(spec.Renditions, rendition)
	}
	return spec
}

func layerSpecs(layers []*livekit.VideoLayer) []sfu.LayerSpec {
	var specs []sfu.LayerSpec
	for _, l := range layers {
		specs = append(specs, sfu.LayerSpec{
			Quality: sfu.Quality(l.GetQuality()), Width: int(l.GetWidth()), Height: int(l.GetHeight()),
			RID: l.GetRid(), SSRC: l.GetSsrc(), BitsPerSecond: int(l.GetBitrate()),
		})
	}
	return specs
}
