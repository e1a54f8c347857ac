package socket

import (
	"net"
	"net/netip"
)

// reader receives datagrams.
type reader interface {
	read(b []byte) (int, netip.AddrPort, error)
}

type plainReader struct{ udp *net.UDPConn }

func (r plainReader) read(b []byte) (int, netip.AddrPort, error) { return r.udp.ReadFromUDPAddrPort(b) }

func newReader(udp *net.UDPConn) reader { return plainReader{udp} }
