package remote

import (
	"context"
	"net"
	"sync"
)

// listener makes a net.Listener of streams that come one by one.
type listener struct {
	streams chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func newListener() *listener {
	return &listener{streams: make(chan net.Conn), closed: make(chan struct{})}
}

// serve hands a stream over and waits until it is closed.
func (l *listener) serve(ctx context.Context, stream net.Conn) {
	s := &closing{Conn: stream, done: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	select {
	case l.streams <- s:
		<-s.done
	case <-l.closed:
	case <-ctx.Done():
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case s := <-l.streams:
		return s, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "tunnel" }
func (address) String() string  { return Service }

// closing tells when a stream was closed.
type closing struct {
	net.Conn
	once sync.Once
	done chan struct{}
}

func (c *closing) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.done) })
	return err
}
