package socket

import (
	"net"
	"net/netip"
	"time"
)

// probePatience bounds the wait for a packet that this machine sends to itself.
const probePatience = 250 * time.Millisecond

func newKernel(udp *net.UDPConn) (kernel, error) { return newLinuxKernel(udp) }

// open finds the best mode for a socket.
func open(udp *net.UDPConn, plain bool) (kernel, Mode, error) {
	k, err := newLinuxKernel(udp)
	if err != nil {
		return nil, Single, err
	}
	switch {
	case plain:
		return k, Single, nil
	case works(k.inet6, 3, 300, 300, 40):
		return k, Segmented, nil
	case works(k.inet6, 1, 300):
		return k, Multi, nil
	default:
		return k, Single, nil
	}
}

// works sends one message of packets of the given sizes from one throw-away
// loopback socket to another, and looks at what comes out.
func works(inet6 bool, packets int, sizes ...int) bool {
	family, loopback := "udp4", netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if inet6 {
		family, loopback = "udp", netip.IPv6Loopback()
	}
	from, err := net.ListenUDP(family, net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		return false
	}
	defer from.Close()
	to, err := net.ListenUDP(family, net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		return false
	}
	defer to.Close()
	k, err := newLinuxKernel(from)
	if err != nil {
		return false
	}
	m := message{to: to.LocalAddr().(*net.UDPAddr).AddrPort(), segment: sizes[0]}
	for _, size := range sizes {
		m.end += size
	}
	if n, err := k.sendMany(make([]byte, m.end), []message{m}); n != 1 || err != nil {
		return false
	}
	if to.SetReadDeadline(time.Now().Add(probePatience)) != nil {
		return false
	}
	b := make([]byte, m.end)
	for i := range packets {
		if n, _, err := to.ReadFromUDPAddrPort(b); err != nil || n != sizes[i] {
			return false
		}
	}
	return true
}
