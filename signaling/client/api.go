package client

import (
	"fmt"
	"io"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// newAPI is the WebRTC side of a client that was given none: default codecs,
// retransmission and reports, and candidates on every interface including
// loopback, where agent and server usually meet.
func newAPI() (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, fmt.Errorf("client: codecs: %w", err)
	}
	if err := addFullColour(media); err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	interceptors.Add(&repairNames{}) // first is innermost: it sees what all others send
	if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
		return nil, fmt.Errorf("client: interceptors: %w", err)
	}
	silent := logging.NewDefaultLoggerFactory()
	silent.Writer = io.Discard // what matters comes back as errors and states
	settings := webrtc.SettingEngine{LoggerFactory: silent}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings),
	), nil
}

// addFullColour adds what pion leaves out: the profiles with 4:4:4 chroma, and
// the extension that says how numbers become colours.
func addFullColour(media *webrtc.MediaEngine) error {
	feedback := []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBGoogREMB}, {Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
		{Type: webrtc.TypeRTCPFBNACK}, {Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}
	for _, c := range []struct {
		mime, fmtp string
		payload    webrtc.PayloadType // the next one is its RTX
	}{
		{webrtc.MimeTypeVP9, "profile-id=1", 35},
		{webrtc.MimeTypeAV1, "profile=1", 37},
	} {
		for _, p := range []webrtc.RTPCodecParameters{
			{PayloadType: c.payload, RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: c.mime, ClockRate: 90000, SDPFmtpLine: c.fmtp, RTCPFeedback: feedback,
			}},
			{PayloadType: c.payload + 1, RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", c.payload),
			}},
		} {
			if err := media.RegisterCodec(p, webrtc.RTPCodecTypeVideo); err != nil {
				return fmt.Errorf("client: codec %s: %w", c.mime, err)
			}
		}
	}
	colour := webrtc.RTPHeaderExtensionCapability{URI: ColorSpaceURI}
	if err := media.RegisterHeaderExtension(colour, webrtc.RTPCodecTypeVideo); err != nil {
		return fmt.Errorf("client: color space extension: %w", err)
	}
	return nil
}
