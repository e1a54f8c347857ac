package socket

import (
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

// Options adjust a Conn. The zero value is the best the system has.
type Options struct {
	// Plain keeps to one system call per packet, for comparison and for
	// systems whose segmentation is broken in ways that go unnoticed.
	Plain bool
}

// Conn is a UDP socket; see the package comment. It implements net.PacketConn
// and pion/ice's AddrPortReaderWriter.
type Conn struct {
	udp    *net.UDPConn
	count  counters
	corked atomic.Bool
	mode   atomic.Int32

	mu      sync.Mutex // guards what follows; held during a flush
	batch   batch
	sender  sender
	pending error // of a flush that a full batch forced
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
	return newConn(udp, k, best), nil
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
	c := &Conn{udp: udp, batch: newBatch()}
	c.sender = sender{kernel: k, best: best, scratch: make([]message, 0, maxSegments), count: &c.count, now: time.Now}
	c.mode.Store(int32(best))
	return c
}

// Cork holds back RTP until Flush. Corking twice is corking once.
func (c *Conn) Cork() { c.corked.Store(true) }

// Flush sends what was held back, and ends the cork. Its error tells that some
// of it was dropped, since the last Flush; the rest was sent.
func (c *Conn) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	// Only now: a writer that overtook the flush would reorder its packets.
	c.corked.Store(false)
	err := c.pending
	c.pending = nil
	return err
}

func (c *Conn) flush() {
	if err := c.sender.send(&c.batch); err != nil {
		c.pending = err
	}
	c.mode.Store(int32(c.sender.best))
}

// hold puts a packet into the batch; false when the cork is out already.
func (c *Conn) hold(packet []byte, to netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.corked.Load() {
		return false
	}
	coalesce := c.sender.best == Segmented
	if !c.batch.add(packet, to, coalesce) {
		c.flush()
		c.batch.add(packet, to, coalesce) // an empty batch takes any corkable packet
	}
	return true
}

// WriteToAddrPort sends a datagram, or holds it back when the Conn is corked
// and the datagram is RTP. What is held back counts as written.
func (c *Conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.corked.Load() && corkable(b, to) && c.hold(b, to) {
		return len(b), nil
	}
	n, err := c.udp.WriteToUDPAddrPort(b, to)
	c.count.syscalls.Add(1)
	if err != nil {
		c.count.errors.Add(1)
		return n, err
	}
	c.count.packets.Add(1)
	c.count.bytes.Add(uint64(n))
	return n, nil
}

// WriteTo is WriteToAddrPort for a *net.UDPAddr.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, &net.OpError{Op: "write", Net: "udp", Addr: to, Err: net.InvalidAddrError("not a UDP address")}
	}
	return c.WriteToAddrPort(b, addr.AddrPort())
}

// ReadFromAddrPort receives a datagram. Several at once, by recvmmsg, would
// save a quarter when 64 wait and nothing when one does, far less than what is
// done with each: it is not worth its buffers. An IPv4 sender has an IPv4 address,
// whatever the socket's family.
func (c *Conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.udp.ReadFromUDPAddrPort(b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
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
