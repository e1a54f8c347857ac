package socket

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
)

// BenchmarkForward writes frames of packets to 64 viewers and reports the
// process's CPU time per packet, apart by user and kernel. The viewers are
// sockets of this process that nobody reads: the kernel drops what overflows
// them, so that receiving is no part of the figure beyond the delivery that
// loopback does on the sender's time.
func BenchmarkForward(b *testing.B) {
	const viewers = 64
	for _, packets := range []int{1, 4, 16, 48} {
		for _, best := range []Mode{Single, Multi, Segmented} {
			b.Run(fmt.Sprintf("packets=%d/%v", packets, best), func(b *testing.B) {
				c := listen(b, "127.0.0.1:0", Options{Plain: best == Single})
				c.sender.best = min(best, c.Mode())
				if c.sender.best != best {
					b.Fatalf("the kernel does not do %v", best)
				}
				var to []netip.AddrPort
				for range viewers {
					udp := listenUDP(b)
					_ = udp.SetReadBuffer(4096)
					b.Cleanup(func() { _ = udp.Close() })
					to = append(to, udp.LocalAddr().(*net.UDPAddr).AddrPort())
				}
				p := packet(1, 1200)
				b.ReportAllocs()
				user, system := cpu(b)
				for b.Loop() {
					if best > Single {
						c.Cork()
					}
					for _, addr := range to {
						for range packets {
							_, _ = c.WriteToAddrPort(p, addr)
						}
					}
					if err := c.Flush(); err != nil {
						b.Fatal(err)
					}
				}
				user2, system2 := cpu(b)
				n := float64(b.N * viewers * packets)
				b.ReportMetric(float64(user2-user)/n, "user-ns/packet")
				b.ReportMetric(float64(system2-system)/n, "kernel-ns/packet")
				b.ReportMetric(float64(b.Elapsed())/n, "ns/packet")
				if s := c.Stats(); s.Dropped+s.Refused+s.Errors != 0 || s.Packets < uint64(n) {
					b.Fatalf("stats %+v", s)
				}
			})
		}
	}
}

// BenchmarkReceive reads datagrams that wait already, which is the best case
// for reading several at once.
func BenchmarkReceive(b *testing.B) {
	const burst = 64
	from, to := listen(b, "127.0.0.1:0", Options{}), listen(b, "127.0.0.1:0", Options{})
	p, buffer, addr := packet(1, 200), make([]byte, 8192), at(to)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		from.Cork()
		for range burst {
			_, _ = from.WriteToAddrPort(p, addr)
		}
		if err := from.Flush(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for range burst {
			if _, _, err := to.ReadFromAddrPort(buffer); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N*burst), "ns/packet")
}
