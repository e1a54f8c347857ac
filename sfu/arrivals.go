package sfu

import (
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/easel-live/easel/sfu/socket"
)

// arrivals is the media socket as pion's mux reads it, less the RTP of
// publishers whose address is known: that is taken by the goroutine which read
// it. The mux would copy each packet into the queue of its connection and wake
// that one's goroutine. Reports stay with the mux: there are many viewers, what
// they say takes longer to hear, and their goroutines share the cores.
type arrivals struct {
	*socket.Conn

	// routes is never changed, only replaced: the reader looks without a lock.
	routes atomic.Pointer[map[netip.AddrPort]*route]

	mu sync.Mutex // replacing routes, and every route's source
}

func newArrivals(conn *socket.Conn) *arrivals {
	a := &arrivals{Conn: conn}
	a.routes.Store(&map[netip.AddrPort]*route{})
	return a
}

// ReadFromAddrPort receives the next datagram that is not taken here.
func (a *arrivals) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := a.Conn.ReadFromAddrPort(b)
		if err != nil || !a.takes(b[:n], from) {
			return n, from, err
		}
	}
}

func (a *arrivals) takes(datagram []byte, from netip.AddrPort) bool {
	if !isSRTP(datagram) {
		return false
	}
	r := (*a.routes.Load())[from]
	return r != nil && r.takes(datagram)
}

// expect has what comes from an address go to a route, and from no other
// address: a route has one at a time, so that whoever moves about fills nothing.
func (a *arrivals) expect(from netip.AddrPort, r *route) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.replace(from, r)
}

// forget leaves what comes for a route to the mux.
func (a *arrivals) forget(r *route) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.replace(netip.AddrPort{}, r)
}

// replace moves a route to another address, the zero value for none. The caller
// holds a.mu.
func (a *arrivals) replace(from netip.AddrPort, r *route) {
	if r.source == from {
		return
	}
	routes := maps.Clone(*a.routes.Load())
	if routes[r.source] == r {
		delete(routes, r.source)
	}
	if r.source = from; from.IsValid() {
		routes[from] = r
	}
	a.routes.Store(&routes)
}
