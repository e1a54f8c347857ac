package sfu

import (
	"net"
	"net/netip"
	"testing"

	"github.com/easel-live/easel/sfu/socket"
)

// sent gives the datagrams that come through, of those sent from one address; the
// last one sent must be one of them.
func (a *arrivals) sent(t *testing.T, from *net.UDPConn, datagrams ...string) (through []string) {
	t.Helper()
	for _, d := range datagrams {
		if _, err := from.WriteToUDPAddrPort([]byte(d), a.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
			t.Fatal(err)
		}
	}
	buffer := make([]byte, 100)
	for len(through) == 0 || through[len(through)-1] != datagrams[len(datagrams)-1] {
		n, addr, err := a.ReadFromAddrPort(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if addr != from.LocalAddr().(*net.UDPAddr).AddrPort() {
			t.Fatalf("from %v", addr)
		}
		through = append(through, string(buffer[:n]))
	}
	return through
}

func TestAPublishersMediaIsTakenAtTheSocket(t *testing.T) {
	conn, err := socket.Listen(netip.MustParseAddrPort("127.0.0.1:0"), socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := newArrivals(conn)
	var sides [2]*net.UDPConn
	for i := range sides {
		if sides[i], err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, c := range []interface{ Close() error }{conn, sides[0], sides[1]} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	const check, report = "\x00\x01stun", "\x80\xc9report........"
	const media = "\x80\x60rtp..........."
	taken := 0
	open := func() *route { return &route{entrance: entrance{count: &counters{}, isOpen: true}} }
	r, other := open(), open()
	take := func([]byte) bool { taken++; return true }
	r.tap.Store(&take)

	addr := func(i int) netip.AddrPort { return sides[i].LocalAddr().(*net.UDPAddr).AddrPort() }
	for _, step := range []struct {
		what  string
		do    func()
		taken [2]int // of the media from either side
	}{
		{"an address nobody knows", func() {}, [2]int{0, 0}},
		{"a publisher's", func() { a.expect(addr(0), r) }, [2]int{1, 0}},
		{"as IPv6 writes it", func() {
			a.expect(netip.AddrPortFrom(netip.AddrFrom16(addr(0).Addr().As16()), addr(0).Port()), r)
		}, [2]int{1, 0}},
		{"the publisher moves", func() { a.expect(addr(1), r) }, [2]int{0, 1}},
		{"another has that address now", func() { a.expect(addr(1), other); a.forget(r) }, [2]int{0, 0}},
	} {
		step.do()
		for i, side := range sides {
			taken = 0
			through := a.sent(t, side, media, report, check)
			if taken != step.taken[i] || len(through) != 3-taken {
				t.Errorf("%s: side %d: %d taken, %q came through", step.what, i, taken, through)
			}
		}
	}
	a.forget(other)
	if n := len(*a.routes.Load()); n != 0 {
		t.Errorf("%d addresses are still known", n)
	}
	a.expect(addr(0), r)
	datagram, from := []byte(media), addr(0)
	if allocs := testing.AllocsPerRun(100, func() { a.takes(datagram, from) }); allocs > 0 {
		t.Errorf("%v allocations per packet", allocs)
	}
}
