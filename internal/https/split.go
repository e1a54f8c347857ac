package https

import (
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// firstWithin is how long a connection may take to say its first byte.
	firstWithin = 10 * time.Second
	// recordHandshake is the first byte of TLS (RFC 8446 section 5.1).
	recordHandshake = 22
	// mostUnheard is how many connections may be waited for at once; more wait
	// in the kernel's queue.
	mostUnheard = 4096
)

// Splitter is a listener whose connections are TLS or plain, as the client
// began. Accept gives those of HTTP, Relayed those of TURN clients.
type Splitter struct {
	net.Listener
	config *tls.Config
	ready  chan net.Conn
	turn   *turns
	slots  chan struct{}
	done   chan struct{}
	close  func() error
	failed error // why accepting ended, once ended is closed
	ended  chan struct{}
}

// Split tells TLS from plain HTTP on one listener, and within TLS TURN from HTTP.
func Split(listener net.Listener, config *tls.Config) *Splitter {
	s := &Splitter{
		Listener: listener, config: config.Clone(), ready: make(chan net.Conn), slots: make(chan struct{}, mostUnheard),
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	s.config.NextProtos = append(slices.Clip(config.NextProtos), protocolTURN)
	s.turn = &turns{Splitter: s, ready: make(chan net.Conn), closed: make(chan struct{})}
	s.close = sync.OnceValue(func() error { close(s.done); return listener.Close() })
	go s.run()
	return s
}

func (s *Splitter) run() {
	defer close(s.ended)
	for {
		select {
		case s.slots <- struct{}{}:
		case <-s.done:
			s.failed = net.ErrClosed
			return
		}
		conn, err := s.Listener.Accept()
		if err != nil {
			s.failed = err
			return
		}
		go s.hear(conn)
	}
}

// hear waits for the first byte of a connection.
func (s *Splitter) hear(conn net.Conn) {
	defer func() { <-s.slots }()
	first := make([]byte, 1)
	if conn.SetReadDeadline(time.Now().Add(firstWithin)) != nil {
		conn.Close()
		return
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() { // nobody waits for a first byte after the end
		select {
		case <-s.done:
			conn.Close()
		case <-stop:
		}
	}()
	if _, err := conn.Read(first); err != nil {
		conn.Close()
		return
	}
	var out net.Conn = &begun{Conn: conn, first: first}
	to, err := s.ready, error(nil)
	if first[0] == recordHandshake {
		out, to, err = s.within(tls.Server(out, s.config))
	}
	if err != nil || conn.SetReadDeadline(time.Time{}) != nil {
		conn.Close()
		return
	}
	select {
	case to <- out:
	case <-s.done:
		conn.Close()
	case <-s.turn.closedFor(to):
		conn.Close()
	}
}

// Accept implements net.Listener.
func (s *Splitter) Accept() (net.Conn, error) {
	select {
	case conn := <-s.ready:
		return conn, nil
	case <-s.ended:
		return nil, s.failed
	}
}

// Close implements net.Listener.
func (s *Splitter) Close() error { return s.close() }

// begun is a connection whose first byte was read already.
type begun struct {
	net.Conn
	first []byte
}

// Read implements net.Conn.
func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) > 0 && len(p) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}

// sameMachine says whether both ends of a connection are on this machine.
func sameMachine(local net.Addr, remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	from := peer.Addr().Unmap()
	if from.IsLoopback() {
		return true
	}
	own, err := netip.ParseAddrPort(local.String())
	return err == nil && own.Addr().Unmap() == from
}
