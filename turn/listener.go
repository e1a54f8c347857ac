package turn

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"
)

// idle is how long a connection may say nothing: clients refresh their
// permissions every four minutes, and check their way to media oftener.
const idle = 5 * time.Minute

// firstWithin is how long it may take to say its first word.
const firstWithin = 10 * time.Second

// headStart is for ICE-TCP. A browser looks for no more ways once it has one, and
// one through a relay next door is there before it has begun to look for TCP.
const headStart = 250 * time.Millisecond

// listener bounds how many connections there are, in all and from one address,
// and ends those that say nothing.
type listener struct {
	net.Listener
	tls    *tls.Config // nil: plain TCP
	limits Limits
	count  *counters

	mu     sync.Mutex
	total  int
	byAddr map[netip.Addr]int
}

func bounded(l net.Listener, config *tls.Config, limits Limits, count *counters) *listener {
	return &listener{Listener: l, tls: config, limits: limits, count: count, byAddr: make(map[netip.Addr]int)}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		if !l.take(from) {
			l.count.refused.WithLabelValues("connections").Inc()
			_ = conn.Close()
			continue
		}
		c := &connection{Conn: conn, leave: sync.OnceFunc(func() { l.give(from) })}
		c.watch = time.AfterFunc(firstWithin, func() { _ = c.Close() })
		if l.tls != nil {
			return tls.Server(c, l.tls), nil
		}
		return c, nil
	}
}

func (l *listener) take(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.limits.Connections || l.byAddr[from] >= l.limits.PerAddress {
		return false
	}
	l.total++
	l.byAddr[from]++
	return true
}

func (l *listener) give(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.byAddr[from]--; l.byAddr[from] == 0 {
		delete(l.byAddr, from)
	}
}

// connection closes itself when nothing comes.
type connection struct {
	net.Conn
	leave func()
	watch *time.Timer
	start sync.Once
}

// Write implements net.Conn. The first answer waits.
func (c *connection) Write(p []byte) (int, error) {
	c.start.Do(func() { time.Sleep(headStart) })
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.watch.Stop() { // a watch that has run closes the connection
		c.watch.Reset(idle)
	}
	return n, err
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.watch.Stop()
	c.leave()
	return c.Conn.Close()
}
