package sessions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/signaling/client"
)

// Viewer watches a session as a browser does, to the last step: it receives and
// acknowledges everything, and decodes nothing.
type Viewer struct {
	conn    *client.Conn
	readers sync.WaitGroup
	frames  atomic.Uint64
	bytes   atomic.Uint64
}

// Watch joins a session's room.
func Watch(ctx context.Context, url, token string) (*Viewer, error) {
	api, err := newAPI()
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	v := &Viewer{}
	v.conn, err = client.Dial(ctx, client.Options{URL: url, Token: token, Subscribe: true, API: api}, v)
	if err != nil {
		return nil, fmt.Errorf("sessions: viewer: %w", err)
	}
	return v, nil
}

// newAPI offers what Chromium can show of what a session sends: VP9 with full
// colour first, and VP8.
func newAPI() (*webrtc.API, error) {
	media, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP9, ClockRate: 90000, SDPFmtpLine: "profile-id=1"}, PayloadType: 100},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96},
	} {
		c.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
		if err := media.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(
		webrtc.ConfigureNack(media, interceptors), webrtc.ConfigureRTCPReports(interceptors),
		webrtc.ConfigureTWCCSender(media, interceptors)); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings)), nil
}

// Received is how many frames and bytes have come.
func (v *Viewer) Received() (frames, bytes uint64) { return v.frames.Load(), v.bytes.Load() }

// OnParticipant is of no interest.
func (*Viewer) OnParticipant(client.Participant) {}

// OnData is of no interest.
func (*Viewer) OnData(string, string, []byte) {}

// OnClosed is of no interest: a viewer that is gone receives nothing more.
func (*Viewer) OnClosed(error) {}

// OnTrack reads until the connection ends.
func (v *Viewer) OnTrack(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	v.readers.Go(func() {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			v.bytes.Add(uint64(len(p.Payload)))
			if p.Marker {
				v.frames.Add(1)
			}
		}
	})
}

// Close leaves and waits.
func (v *Viewer) Close() error {
	err := v.conn.Close()
	v.readers.Wait()
	return err
}
