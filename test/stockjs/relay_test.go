package stockjs

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// relay carries datagrams between browsers and the server's media port, until
// it is cut.
type relay struct {
	front  *net.UDPConn
	server netip.AddrPort
	cut    atomic.Bool
	wg     sync.WaitGroup

	mu    sync.Mutex
	lines map[netip.AddrPort]*net.UDPConn // by browser
}

func newRelay(t *testing.T, server netip.AddrPort) *relay {
	t.Helper()
	front, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{front: front, server: server, lines: map[netip.AddrPort]*net.UDPConn{}}
	r.wg.Go(r.up)
	t.Cleanup(func() {
		_ = front.Close()
		r.mu.Lock()
		for _, line := range r.lines {
			_ = line.Close()
		}
		r.mu.Unlock()
		r.wg.Wait()
	})
	return r
}

func (r *relay) port() uint16 { return r.front.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (r *relay) up() {
	buf := make([]byte, 2048)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if line := r.line(from); line != nil && !r.cut.Load() {
			_, _ = line.Write(buf[:n])
		}
	}
}

// line is the server as one browser sees it.
func (r *relay) line(from netip.AddrPort) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if line := r.lines[from]; line != nil {
		return line
	}
	line, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(r.server))
	if err != nil {
		return nil
	}
	r.lines[from] = line
	r.wg.Go(func() { r.down(line, from) })
	return line
}

func (r *relay) down(line *net.UDPConn, to netip.AddrPort) {
	buf := make([]byte, 2048)
	for {
		n, err := line.Read(buf)
		if err != nil {
			return
		}
		if !r.cut.Load() {
			_, _ = r.front.WriteToUDPAddrPort(buf[:n], to)
		}
	}
}
