//go:build !linux

package socket

import (
	"net"
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
