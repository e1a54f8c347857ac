package turn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/turn/v5"
)

// errQuota and errKind refuse an allocation.
var (
	errQuota = errors.New("turn: too many allocations")
	errKind  = errors.New("turn: only UDP is relayed, in the forwarding unit's address family")
)

// relays makes the allocations' sockets and counts them, exactly.
type relays struct {
	media  netip.AddrPort // the forwarding unit as this machine reaches it
	public netip.Addr     // what clients are told that relayed packets come from
	peers  func(netip.Addr) bool
	limits Limits
	count  *counters

	mu     sync.Mutex
	byUser map[string]int
	total  int
}

var _ turn.RelayAddressGenerator = (*relays)(nil)

// Validate implements turn.RelayAddressGenerator.
func (r *relays) Validate() error { return nil }

// room says whether a user may have another allocation.
func (r *relays) room(user, _ string, _ net.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	free := r.total < r.limits.Allocations && r.byUser[user] < r.limits.PerUser
	if !free {
		r.count.refused.WithLabelValues("quota").Inc()
	}
	return free
}

func (r *relays) take(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total >= r.limits.Allocations || r.byUser[user] >= r.limits.PerUser {
		return false
	}
	r.total++
	r.byUser[user]++
	r.count.allocations.Set(float64(r.total))
	return true
}

func (r *relays) give(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total--
	if r.byUser[user]--; r.byUser[user] == 0 {
		delete(r.byUser, user)
	}
	r.count.allocations.Set(float64(r.total))
}

// AllocatePacketConn implements turn.RelayAddressGenerator.
func (r *relays) AllocatePacketConn(cfg turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if (cfg.Network == "udp4") != r.media.Addr().Is4() || (cfg.Network == "udp4") != r.public.Is4() {
		return nil, nil, errKind
	}
	if !r.take(cfg.UserID) {
		return nil, nil, errQuota
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.media))
	if err != nil {
		r.give(cfg.UserID)
		return nil, nil, err
	}
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	relayed := net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.public, port))
	leave := sync.OnceFunc(func() { r.give(cfg.UserID) })
	return &relay{UDPConn: conn, owner: r, leave: leave}, relayed, nil
}

// AllocateListener implements turn.RelayAddressGenerator: media is UDP.
func (r *relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errKind
}

// AllocateConn implements turn.RelayAddressGenerator: media is UDP.
func (r *relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errKind }

// permits says whether clients may name a peer.
func (r *relays) permits(_ net.Addr, ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	ok = ok && r.peers(addr.Unmap())
	if !ok {
		r.count.refused.WithLabelValues("peer").Inc()
	}
	return ok
}

// relay is an allocation's socket, connected to the forwarding unit. To the
// client it answers as whichever of the unit's addresses was written to last.
type relay struct {
	*net.UDPConn
	owner *relays
	leave func()
	peer  atomic.Pointer[net.UDPAddr]
}

// WriteTo sends to the forwarding unit; what is meant for another is dropped.
func (c *relay) WriteTo(p []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok || addr.Port != int(c.owner.media.Port()) || !c.owner.peers(addr.AddrPort().Addr().Unmap()) {
		c.owner.count.refused.WithLabelValues("peer").Inc()
		return len(p), nil
	}
	if last := c.peer.Load(); last == nil || !last.IP.Equal(addr.IP) {
		c.peer.Store(&net.UDPAddr{IP: append(net.IP(nil), addr.IP...), Port: addr.Port})
	}
	return c.Write(p)
}

// ReadFrom receives from the forwarding unit.
func (c *relay) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, err := c.Read(p)
		if err != nil && !errors.Is(err, net.ErrClosed) {
			continue // the unit's port was closed for a moment: ICMP says so
		}
		peer := c.peer.Load()
		if err == nil && peer == nil {
			continue // nobody was written to
		}
		if err != nil {
			return n, nil, err
		}
		return n, peer, nil
	}
}

// Close frees the allocation's place.
func (c *relay) Close() error {
	c.leave()
	return c.UDPConn.Close()
}
