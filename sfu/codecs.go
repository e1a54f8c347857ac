package sfu

import (
	"fmt"
	"strings"

	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/fmtp"
)

// playoutDelayURI is the header extension that tells a browser how long it may
// hold a frame back.
const playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

// kinds are the two kinds of PeerConnections: of publishers, whose streams are
// repaired and reported on, and of viewers, for whom sfu itself answers and
// reports: an interceptor would keep a copy of each packet per viewer.
type kinds struct{ publisher, viewer kind }

type kind struct {
	media        *webrtc.MediaEngine
	interceptors *interceptor.Registry
}

func newKinds() (k kinds, err error) {
	if k.publisher, err = newKind(true); err == nil {
		k.viewer, err = newKind(false)
	}
	return k, err
}

func newKind(publishes bool) (kind, error) {
	k := kind{media: &webrtc.MediaEngine{}, interceptors: &interceptor.Registry{}}
	err := registerCodecs(k.media)
	if err == nil {
		err = registerExtensions(k.media, publishes)
	}
	return k, err
}

// api makes a PeerConnection of the kind with settings of its own.
func (k kinds) api(settings webrtc.SettingEngine, publishes bool) *webrtc.API {
	is := k.viewer
	if publishes {
		is = k.publisher
	}
	return webrtc.NewAPI(
		webrtc.WithSettingEngine(settings),
		webrtc.WithMediaEngine(is.media),
		webrtc.WithInterceptorRegistry(is.interceptors),
	)
}

type videoCodec struct {
	mime, fmtp string
	payload    webrtc.PayloadType // the next one is its RTX
}

func registerCodecs(media *webrtc.MediaEngine) error {
	feedback := []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBGoogREMB},
		{Type: webrtc.TypeRTCPFBTransportCC},
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
		{Type: webrtc.TypeRTCPFBNACK},
		{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}
	for _, c := range []videoCodec{
		{webrtc.MimeTypeVP8, "", 96},
		{webrtc.MimeTypeVP9, "profile-id=0", 98},
		{webrtc.MimeTypeVP9, "profile-id=1", 100},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 102},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f", 104},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032", 106},
		{webrtc.MimeTypeAV1, "profile=0", 45},
		{webrtc.MimeTypeAV1, "profile=1", 47},
	} {
		codec := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: c.mime, ClockRate: 90000, SDPFmtpLine: c.fmtp, RTCPFeedback: feedback,
			},
			PayloadType: c.payload,
		}
		repair := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", c.payload),
			},
			PayloadType: c.payload + 1,
		}
		for _, p := range []webrtc.RTPCodecParameters{codec, repair} {
			if err := media.RegisterCodec(p, webrtc.RTPCodecTypeVideo); err != nil {
				return fmt.Errorf("sfu: codec %s: %w", c.mime, err)
			}
		}
	}
	opus := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
			SDPFmtpLine:  "minptime=10;useinbandfec=1",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}},
		},
		PayloadType: 111,
	}
	if err := media.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return fmt.Errorf("sfu: codec opus: %w", err)
	}
	return nil
}

// registerExtensions offers publishers the extensions that name streams and
// measure the way, viewers the numbers by which they report, and everyone
// playout-delay, color-space and the dependency descriptor.
func registerExtensions(media *webrtc.MediaEngine, publishers bool) error {
	type extension struct {
		uri   string
		audio bool
		only  []webrtc.RTPTransceiverDirection
	}
	receive := []webrtc.RTPTransceiverDirection{webrtc.RTPTransceiverDirectionRecvonly}
	send := []webrtc.RTPTransceiverDirection{webrtc.RTPTransceiverDirectionSendonly}
	extensions := []extension{{playoutDelayURI, false, send}, {colorSpaceURI, false, nil}, {descriptorURI, false, nil}}
	if !publishers {
		extensions = append(extensions, extension{sdp.TransportCCURI, true, send})
	}
	if publishers {
		extensions = append(extensions,
			extension{sdp.SDESMidURI, true, receive},
			extension{sdp.SDESRTPStreamIDURI, false, receive},
			extension{sdp.SDESRepairRTPStreamIDURI, false, receive},
			extension{sdp.ABSSendTimeURI, true, receive},
			extension{sdp.TransportCCURI, true, receive},
		)
	}
	for _, e := range extensions {
		capability := webrtc.RTPHeaderExtensionCapability{URI: e.uri}
		if err := media.RegisterHeaderExtension(capability, webrtc.RTPCodecTypeVideo, e.only...); err != nil {
			return fmt.Errorf("sfu: extension %s: %w", e.uri, err)
		}
		if !e.audio {
			continue
		}
		if err := media.RegisterHeaderExtension(capability, webrtc.RTPCodecTypeAudio, e.only...); err != nil {
			return fmt.Errorf("sfu: extension %s: %w", e.uri, err)
		}
	}
	return nil
}

// matchCodec finds, among the codecs negotiated with a viewer, the one that
// plays what the publisher sends, and the payload type of its RTX (0: none).
func matchCodec(negotiated []webrtc.RTPCodecParameters, want webrtc.RTPCodecCapability) (codec webrtc.RTPCodecParameters, rtx webrtc.PayloadType, ok bool) {
	for _, compare := range []func(mime, a, b string) bool{fmtp.Same, fmtp.Kindred, anyProfile} {
		for _, c := range negotiated {
			if !ok && strings.EqualFold(c.MimeType, want.MimeType) && compare(c.MimeType, c.SDPFmtpLine, want.SDPFmtpLine) {
				codec, ok = c, true
			}
		}
	}
	if !ok {
		return codec, 0, false
	}
	apt := fmt.Sprintf("apt=%d", codec.PayloadType)
	for _, c := range negotiated {
		if strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) && c.SDPFmtpLine == apt {
			rtx = c.PayloadType
		}
	}
	return codec, rtx, true
}

// anyProfile takes an H.264 publisher who has not said which profile yet for one
// that everybody can decode.
func anyProfile(mime, _, want string) bool {
	return strings.EqualFold(mime, webrtc.MimeTypeH264) && want == ""
}
