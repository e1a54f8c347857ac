package sfu

import (
	"net"
	"net/netip"

	"github.com/pion/ice/v4"

	"github.com/easel-live/easel/sfu/socket"
)

// laneMux gives one PeerConnection a connection of the shared mux whose RTP
// takes its shard's lane, and whose way is watched. Everything else is the
// mux's.
type laneMux struct {
	ice.UDPMux
	lane     *socket.Lane
	route    *route
	loopback bool // addresses of this machine itself are announced
}

// GetListenAddresses are the addresses to announce.
func (m laneMux) GetListenAddresses() []net.Addr {
	all := m.UDPMux.GetListenAddresses()
	if m.loopback {
		return all
	}
	reachable := make([]net.Addr, 0, len(all))
	for _, a := range all {
		if udp, ok := a.(*net.UDPAddr); !ok || !udp.IP.IsLoopback() {
			reachable = append(reachable, a)
		}
	}
	return reachable
}

// addrPortConn is what the mux's connections are.
type addrPortConn interface {
	net.PacketConn
	ice.AddrPortReaderWriter
}

// GetConn is the mux's connection, or a wrapper that uses the lane.
func (m laneMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	conn, err := m.UDPMux.GetConn(ufrag, addr)
	if err != nil {
		return nil, err
	}
	if c, ok := conn.(addrPortConn); ok {
		return laneConn{addrPortConn: c, lane: m.lane, route: m.route}, nil
	}
	return conn, nil
}

type laneConn struct {
	addrPortConn
	lane  *socket.Lane
	route *route
}

// WriteToAddrPort holds RTP back in the lane while the shard collects.
func (c laneConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.route.sent(b, c.addrPortConn, to)
	if c.lane.Hold(b, to) {
		return len(b), nil
	}
	return c.addrPortConn.WriteToAddrPort(b, to)
}

// ReadFromAddrPort gives the route's tap what is for it.
func (c laneConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.addrPortConn.ReadFromAddrPort(b)
		if err != nil || !c.route.takes(b[:n]) {
			return n, from, err
		}
	}
}
