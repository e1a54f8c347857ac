package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/socket"
)

// tcpWriteBuffer is what an ICE-TCP viewer may lag behind, in bytes, before
// packets for it are dropped.
const tcpWriteBuffer = 4 << 20

func newCertificate() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sfu: key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("sfu: certificate: %w", err)
	}
	return certificate, nil
}

// listen opens the UDP socket, and the TCP one when it is wanted.
func (e *Engine) listen(cfg Config) error {
	if !cfg.UDP.IsValid() {
		return errors.New("sfu: no UDP address")
	}
	conn, err := socket.Listen(cfg.UDP, socket.Options{Plain: cfg.PlainUDP})
	if err != nil {
		return fmt.Errorf("sfu: media socket: %w", err)
	}
	e.udp = conn
	e.log.Info("media socket open", "addr", conn.LocalAddr().String(), "sends", conn.Mode().String())
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	e.addr = netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
	e.arrivals = newArrivals(conn)
	e.udpMux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: e.arrivals, Logger: pionLog{log: e.log, scope: "mux"}})
	if !cfg.TCP.IsValid() {
		return nil
	}
	listener, err := net.ListenTCP(network("tcp", cfg.TCP), net.TCPAddrFromAddrPort(cfg.TCP))
	if err != nil {
		return errors.Join(fmt.Errorf("sfu: ICE-TCP socket: %w", err), e.closeSockets())
	}
	e.tcpMux = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: listener, Logger: pionLog{log: e.log, scope: "tcpmux"},
		ReadBufferSize: 64, WriteBufferSize: tcpWriteBuffer,
	})
	return nil
}

// network keeps a socket for an IPv4 address to IPv4: Go would open one for
// both when the address is 0.0.0.0.
func network(name string, at netip.AddrPort) string {
	if at.Addr().Is4() {
		return name + "4"
	}
	return name
}

// closeSockets closes the muxes, and each closes its socket.
func (e *Engine) closeSockets() error {
	var errs []error
	if e.tcpMux != nil {
		errs = append(errs, e.tcpMux.Close())
	}
	if e.udpMux != nil {
		errs = append(errs, e.udpMux.Close())
	}
	return errors.Join(errs...)
}

// newSettings are those that all PeerConnections share.
func (e *Engine) newSettings(cfg Config) (webrtc.SettingEngine, error) {
	s := webrtc.SettingEngine{LoggerFactory: pionLogs{log: e.log}}
	networks := []webrtc.NetworkType{}
	is4 := e.addr.Addr().Is4()
	if is4 || e.addr.Addr().IsUnspecified() {
		networks = append(networks, webrtc.NetworkTypeUDP4)
	}
	if !is4 {
		networks = append(networks, webrtc.NetworkTypeUDP6)
	}
	if e.tcpMux != nil {
		if cfg.TCP.Addr().Is4() || cfg.TCP.Addr().IsUnspecified() {
			networks = append(networks, webrtc.NetworkTypeTCP4)
		}
		if !cfg.TCP.Addr().Is4() {
			networks = append(networks, webrtc.NetworkTypeTCP6)
		}
	}
	s.SetNetworkTypes(networks)
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(e.addr.Addr().IsLoopback())
	if e.addr.Addr().IsLoopback() && e.tcpMux != nil {
		s.SetIPFilter(net.IP.IsLoopback)
	}
	if len(cfg.ExternalIPs) > 0 {
		ips := make([]string, len(cfg.ExternalIPs))
		for i, ip := range cfg.ExternalIPs {
			ips[i] = ip.String()
		}
		if err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: ips, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		}); err != nil {
			return s, fmt.Errorf("sfu: external addresses: %w", err)
		}
	}
	// As DTLS server our order of profiles decides; GCM costs a fifth of the
	// CPU of HMAC-SHA1 per packet.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return s, fmt.Errorf("sfu: DTLS role: %w", err)
	}
	// Browsers hide their addresses behind names, so that a client's way is
	// nearly always one that its checks showed (peer-reflexive). pion would wait a
	// second for a better one before it names such a way, as the offerer does.
	s.SetPrflxAcceptanceMinWait(0)
	s.SetSrflxAcceptanceMinWait(0)
	// ICE has proven the address by then; the cookie would cost a round trip.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetSCTPMaxMessageSize(MaxReliable)
	s.SetReceiveMTU(receiveMTU)
	return s, nil
}

// receiveMTU is the largest packet read, in bytes.
const receiveMTU = 1600
