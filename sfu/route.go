package sfu

import (
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/ice/v4"
)

// route is the way that pion's ICE has chosen to a peer, learnt from watching
// it: all but ICE's own checks goes by the selected pair. It also sees what
// comes that way.
type route struct {
	entrance
	hop atomic.Pointer[hop]
	// tap, if set, is shown SRTP and SRTCP from the peer; it says whether it took
	// the datagram, which it may use as a buffer then, and returns at once.
	tap atomic.Pointer[func(datagram []byte) bool]

	arrivals *arrivals      // told of where a publisher is; nil: of nobody's
	source   netip.AddrPort // that it was told of last; its own
}

// hop is where packets for a peer go.
type hop struct {
	conn net.PacketConn
	// to is the address for a UDP hop; the zero value says that addr on conn is
	// an ICE-TCP connection.
	to   netip.AddrPort
	addr net.Addr
}

// isCheck says whether a datagram is STUN's, by its first byte (RFC 7983
// section 7).
func isCheck(datagram []byte) bool { return len(datagram) == 0 || datagram[0] < 4 }

// isMedia tells SRTP and SRTCP (RFC 7983 section 7).
func isMedia(datagram []byte) bool { return len(datagram) >= 12 && datagram[0]>>6 == 2 }

// isSRTCP tells media's SRTCP from its SRTP (RFC 5761 section 4).
func isSRTCP(datagram []byte) bool { return datagram[1] >= 192 && datagram[1] <= 223 }

// sent takes note of where pion sends a datagram over UDP.
func (r *route) sent(datagram []byte, conn net.PacketConn, to netip.AddrPort) {
	if h := r.hop.Load(); !isCheck(datagram) && (h == nil || h.conn != conn || h.to != to) {
		r.hop.Store(&hop{conn: conn, to: to})
		if r.arrivals != nil && r.isOpen {
			r.arrivals.expect(to, r)
		}
	}
}

// leave forgets where the peer is, which is gone.
func (r *route) leave() {
	if r.arrivals != nil {
		r.arrivals.forget(r)
	}
}

// sentTCP is sent for ICE-TCP.
func (r *route) sentTCP(datagram []byte, conn net.PacketConn, to net.Addr) {
	if h := r.hop.Load(); !isCheck(datagram) && (h == nil || h.conn != conn || h.addr != to) {
		r.hop.Store(&hop{conn: conn, addr: to})
	}
}

// takes says whether a datagram that came goes no further: it was for the tap, or
// for nobody.
func (r *route) takes(datagram []byte) bool {
	if tap := r.tap.Load(); tap != nil && isMedia(datagram) && (*tap)(datagram) {
		return true
	}
	return r.refuses(datagram)
}

// watchedTCP is the TCP mux of one PeerConnection. It embeds the concrete mux
// because pion asks for more of it than the interface says.
type watchedTCP struct {
	*ice.TCPMuxDefault
	route *route
}

// GetConnByUfrag is the mux's connection, watched.
func (m watchedTCP) GetConnByUfrag(ufrag string, isIPv6 bool, local net.IP) (net.PacketConn, error) {
	conn, err := m.TCPMuxDefault.GetConnByUfrag(ufrag, isIPv6, local)
	if err != nil {
		return nil, err
	}
	return watchedTCPConn{conn, m.route}, nil
}

type watchedTCPConn struct {
	net.PacketConn
	route *route
}

// WriteTo shows the way to the route.
func (c watchedTCPConn) WriteTo(b []byte, to net.Addr) (int, error) {
	c.route.sentTCP(b, c.PacketConn, to)
	return c.PacketConn.WriteTo(b, to)
}

// ReadFrom gives the route's tap what is for it.
func (c watchedTCPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || !c.route.takes(b[:n]) {
			return n, from, err
		}
	}
}
