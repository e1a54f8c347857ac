package load

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// ErrOption is wrapped by errors about options that do not make sense.
var ErrOption = errors.New("load: bad option")

// Cipher is the SRTP protection that everyone in a run offers, and nothing else,
// so that two servers are compared at the same work.
type Cipher string

// Ciphers of RFC 7714 and RFC 3711.
const (
	GCM128 Cipher = "gcm128"
	CM80   Cipher = "cm80"
)

// Feedback is what viewers tell the server about the packets they get.
type Feedback string

const (
	// Reports: receiver reports every second, the least a real viewer sends.
	Reports Feedback = "reports"
	// Full: NACK and transport-wide feedback as well, as browsers do. It costs
	// the tester about as much as reading the packets.
	Full Feedback = "full"
)

func (c Cipher) profile() (dtls.SRTPProtectionProfile, error) {
	switch c {
	case GCM128:
		return dtls.SRTP_AEAD_AES_128_GCM, nil
	case CM80:
		return dtls.SRTP_AES128_CM_HMAC_SHA1_80, nil
	}
	return 0, fmt.Errorf("%w: cipher %q", ErrOption, c)
}

// newAPI makes the WebRTC side that members of a run share: one UDP socket each
// on the address that leads to the server, one SRTP profile, one codec.
func newAPI(local net.IP, format format, cipher Cipher, feedback Feedback) (*webrtc.API, error) {
	profile, err := cipher.profile()
	if err != nil {
		return nil, err
	}
	media, interceptors, err := newMedia(format, feedback)
	if err != nil {
		return nil, err
	}
	network, err := newRoomyNet()
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetNet(network)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIPFilter(func(ip net.IP) bool { return ip.Equal(local) })
	settings.SetSRTPProtectionProfiles(profile)
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings),
	), nil
}

// newMedia offers one codec with the header extensions that browsers offer, so that a
// server has as much to write into each packet.
func newMedia(format format, feedback Feedback) (*webrtc.MediaEngine, *interceptor.Registry, error) {
	media, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	codec := format.capability()
	codec.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack", Parameter: "pli"}}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: codec, PayloadType: 96,
	}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, nil, fmt.Errorf("load: codec: %w", err)
	}
	if err := webrtc.ConfigureSimulcastExtensionHeaders(media); err != nil {
		return nil, nil, fmt.Errorf("load: extensions: %w", err)
	}
	for _, uri := range []string{sdp.ABSSendTimeURI, playoutDelayURI} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, nil, fmt.Errorf("load: extension %s: %w", uri, err)
		}
	}
	switch feedback {
	case Reports:
		receiver, err := report.NewReceiverInterceptor()
		if err != nil {
			return nil, nil, fmt.Errorf("load: reports: %w", err)
		}
		interceptors.Add(receiver)
	case Full:
		if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
			return nil, nil, fmt.Errorf("load: feedback: %w", err)
		}
	default:
		return nil, nil, fmt.Errorf("%w: feedback %q", ErrOption, feedback)
	}
	return media, interceptors, nil
}

const (
	clockRate       = 90000
	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

	// receiveBuffer of each socket in bytes: a key frame may arrive while the
	// tester's core is busy with other viewers, and that is not the server's loss.
	receiveBuffer = 1 << 20
)

// roomyNet gives sockets more room than the system's default.
type roomyNet struct{ *stdnet.Net }

func newRoomyNet() (*roomyNet, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("load: interfaces: %w", err)
	}
	return &roomyNet{n}, nil
}

// ListenUDP opens a socket.
func (n *roomyNet) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	if err := conn.SetReadBuffer(receiveBuffer); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// localTo is this machine's address on the way to the server at a URL.
func localTo(server *url.URL) (net.IP, error) {
	conn, err := net.Dial("udp4", net.JoinHostPort(server.Hostname(), "9"))
	if err != nil {
		return nil, fmt.Errorf("load: no way to %s: %w", server.Host, err)
	}
	local := conn.LocalAddr().(*net.UDPAddr).IP
	return local, conn.Close()
}
