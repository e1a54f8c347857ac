package socket

import "net/netip"

// maxCorked is the largest datagram held back, in bytes. Media is packetized
// to fit an Ethernet frame; what is larger gains nothing here.
const maxCorked = 2048

// corkable says whether a datagram may wait for a flush: RTP only. The first
// byte tells RTP and RTCP from STUN, DTLS and TURN (RFC 7983 section 7), the
// second RTCP from RTP (RFC 5761 section 4). A scoped IPv6 address goes the
// ordinary way, which knows how to find its interface.
func corkable(datagram []byte, to netip.AddrPort) bool {
	if len(datagram) < 2 || len(datagram) > maxCorked || datagram[0] < 128 || datagram[0] > 191 {
		return false
	}
	if datagram[1] >= 192 && datagram[1] <= 223 {
		return false
	}
	return to.Addr().Zone() == "" && to.IsValid()
}
