package socket

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// bufferBytes is asked of the kernel for each direction; it may give less. It
// holds a keyframe of 100 kB for 40 viewers at once.
const bufferBytes = 4 << 20

// maxReceived is the largest datagram received, in bytes. RTP, DTLS and SCTP
// keep to an Ethernet frame.
const maxReceived = 4096

// Options adjust a Conn. The zero value is the best the system has.
type Options struct {
	// Plain keeps to one system call per packet, for comparison and for
	// systems whose segmentation is broken in ways that go unnoticed.
	Plain bool
}

// Conn is a UDP socket; see the package comment. It implements net.PacketConn
// and pion/ice's AddrPortReaderWriter. It is its own first Lane.
type Conn struct {
	*Lane
	udp    *net.UDPConn
	count  counters
	mode   atomic.Int32 // the richest that every lane still believes in
	reader reader

	plainMu sync.Mutex
	plain   kernel // of writes that are not held back
}

// Listen opens a socket on addr (port 0: any), and finds out what the kernel
// can do by sending a few packets to itself. An unspecified IPv6 address
// receives IPv4 as well.
func Listen(addr netip.AddrPort, opts Options) (*Conn, error) {
	udp, err := net.ListenUDP(network(addr.Addr()), net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	k, best, err := open(udp, opts.Plain)
	if err != nil {
		_ = udp.Close()
		return nil, fmt.Errorf("socket: %w", err)
	}
	// A smaller buffer than asked for works, and shows in Stats.Full.
	_ = udp.SetWriteBuffer(bufferBytes)
	_ = udp.SetReadBuffer(bufferBytes)
	c := newConn(udp, k, best)
	if c.plain, err = newKernel(udp); err == nil {
		c.reader, err = newReader(udp)
	}
	if err != nil {
		_ = udp.Close()
		return nil, fmt.Errorf("socket: %w", err)
	}
	return c, nil
}

func network(addr netip.Addr) string {
	switch {
	case addr.Is4():
		return "udp4"
	case addr.IsUnspecified():
		return "udp"
	default:
		return "udp6"
	}
}

func newConn(udp *net.UDPConn, k kernel, best Mode) *Conn {
	c := &Conn{udp: udp}
	c.mode.Store(int32(best))
	c.Lane = newLane(c, k)
	return c
}

// NewLane adds a way out of the same socket that is corked and flushed on its
// own.
func (c *Conn) NewLane() (*Lane, error) {
	k, err := newKernel(c.udp)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	return newLane(c, k), nil
}

// learn lowers the mode to what a lane found out, and tells the lane what the
// others did. Two lanes that learn at the same time may raise it for a moment.
func (c *Conn) learn(best Mode) Mode {
	shared := Mode(c.mode.Load())
	if best < shared {
		c.mode.Store(int32(best))
	}
	return min(best, shared)
}

// WriteTo is WriteToAddrPort for a *net.UDPAddr.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, &net.OpError{Op: "write", Net: "udp", Addr: to, Err: net.InvalidAddrError("not a UDP address")}
	}
	return c.WriteToAddrPort(b, addr.AddrPort())
}

// ReadFromAddrPort receives a datagram, which the kernel may have given up with
// others in one system call. An IPv4 sender has an IPv4 address, whatever the
// socket's family. Datagrams beyond maxReceived bytes are dropped.
func (c *Conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) { return c.reader.read(b) }

// write sends a datagram at once. A full buffer is waited for, within the write
// deadline.
func (c *Conn) write(b []byte, to netip.AddrPort) (int, error) {
	if len(b) > 0 && to.IsValid() && to.Addr().Zone() == "" {
		c.plainMu.Lock()
		err := c.plain.sendOne(b, message{to: to, end: len(b), segment: len(b)})
		c.plainMu.Unlock()
		if err == nil {
			return len(b), nil
		}
		if !errors.Is(err, errFull) {
			return 0, &net.OpError{Op: "write", Net: "udp", Addr: net.UDPAddrFromAddrPort(to), Err: err}
		}
	}
	return c.udp.WriteToUDPAddrPort(b, to)
}

// ReadFrom is ReadFromAddrPort with a *net.UDPAddr.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// Mode says how corked packets are sent. It may fall, and never rises.
func (c *Conn) Mode() Mode { return Mode(c.mode.Load()) }

// Stats reads the counters.
func (c *Conn) Stats() Stats { return c.count.read() }

// LocalAddr is a *net.UDPAddr.
func (c *Conn) LocalAddr() net.Addr { return c.udp.LocalAddr() }

// Close closes the socket; what is still held back is lost.
func (c *Conn) Close() error { return c.udp.Close() }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error { return c.udp.SetDeadline(t) }

// SetReadDeadline bounds reads.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.udp.SetReadDeadline(t) }

// SetWriteDeadline bounds writes outside a cork; a flush has a bound of its own.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.udp.SetWriteDeadline(t) }
