//go:build !race

package socket

import (
	"net/netip"
	"testing"
)

func TestACorkedPacketAllocatesNothing(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0", Options{}), listen(t, "127.0.0.1:0", Options{})
	other := listen(t, "127.0.0.1:0", Options{})
	p, b := packet(1, 1200), make([]byte, 8192)
	addrs := [...]netip.AddrPort{at(to), at(other)}
	allocs := testing.AllocsPerRun(200, func() {
		from.Cork()
		for _, addr := range addrs {
			for range 8 {
				_, _ = from.WriteToAddrPort(p, addr)
			}
		}
		if err := from.Flush(); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			if _, _, err := to.ReadFromAddrPort(b); err != nil {
				t.Fatal(err)
			}
			if _, _, err := other.ReadFromAddrPort(b); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 16 packets, want none", allocs)
	}
}
