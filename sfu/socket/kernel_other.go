//go:build !linux

package socket

import (
	"net"
	"net/netip"
	"time"
)

// portableKernel sends through the standard library, one packet at a time.
type portableKernel struct{ udp *net.UDPConn }

func open(udp *net.UDPConn, _ bool) (kernel, Mode, error) {
	return portableKernel{udp}, Single, nil
}

func newKernel(udp *net.UDPConn) (kernel, error) { return portableKernel{udp}, nil }

func (k portableKernel) sendMany([]byte, []message) (int, error) { return 0, errAbsent }

func (k portableKernel) sendOne(arena []byte, m message) error {
	_, err := k.udp.WriteToUDPAddrPort(arena[m.from:m.end], m.to)
	return err
}

func (portableKernel) wait(time.Duration) {}

// portableReader receives through the standard library.
type portableReader struct{ udp *net.UDPConn }

func newReader(udp *net.UDPConn) (reader, error) { return portableReader{udp}, nil }

func (r portableReader) read(b []byte) (int, netip.AddrPort, error) {
	n, from, err := r.udp.ReadFromUDPAddrPort(b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}
