package https

import (
	"crypto/tls"
	"net"
	"sync"
)

// protocolTURN is TURN's name in ALPN (RFC 7443 section 3). Browsers do not
// offer it.
const protocolTURN = "stun.turn"

// firstOfHTTP is less than what any request of HTTP/1.1 begins with, and more than
// any message of a TURN client: its first two bits are zero (RFC 8489 section 5),
// and methods go up to 0xfff, whose types begin with 0x3e. Those that begin a
// connection have a first byte of 0.
const firstOfHTTP = 0x40

// turns are the TURN clients that come to a page's port. Where a network lets
// nothing out but TLS to port 443, media can so have that port, too.
type turns struct {
	*Splitter
	ready  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Relayed is a listener of the TURN clients. While nobody accepts from it, they
// wait; once it is closed, they are turned away.
func (s *Splitter) Relayed() net.Listener { return s.turn }

// Accept implements net.Listener.
func (t *turns) Accept() (net.Conn, error) {
	select {
	case conn := <-t.ready:
		return conn, nil
	case <-t.closed:
		return nil, net.ErrClosed
	case <-t.ended:
		return nil, t.failed
	}
}

// Close implements net.Listener; the port stays open for HTTP.
func (t *turns) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}

// closedFor is closed once nobody takes connections from a queue any more; nil
// for those of HTTP.
func (t *turns) closedFor(queue chan net.Conn) <-chan struct{} {
	if queue == t.ready {
		return t.closed
	}
	return nil
}

// within shakes hands and hears what a client wants inside TLS. The caller bounds
// the time.
func (s *Splitter) within(conn *tls.Conn) (net.Conn, chan net.Conn, error) {
	if err := conn.Handshake(); err != nil {
		return nil, nil, err
	}
	switch conn.ConnectionState().NegotiatedProtocol {
	case protocolTURN:
		return conn, s.turn.ready, nil
	case "", "http/1.1":
	default: // HTTP/2, for which the server wants the connection as it is
		return conn, s.ready, nil
	}
	first := make([]byte, 1)
	if _, err := conn.Read(first); err != nil {
		return nil, nil, err
	}
	if first[0] < firstOfHTTP {
		return &begun{Conn: conn, first: first}, s.turn.ready, nil
	}
	return &secured{begun: begun{Conn: conn, first: first}, state: conn.ConnectionState}, s.ready, nil
}

// secured is a connection inside TLS that tells net/http so.
type secured struct {
	begun
	state func() tls.ConnectionState
}

// ConnectionState is what net/http looks for.
func (s *secured) ConnectionState() tls.ConnectionState { return s.state() }
