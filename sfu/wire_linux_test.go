package sfu

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/seal"
	"github.com/easel-live/easel/sfu/socket"
)

// way is how packets get to the kernel.
type way int

const (
	each   way = iota // through pion, a system call per packet
	held              // through pion, held back and flushed together
	sealed            // past pion: sealed into the batch
)

func (w way) String() string { return [...]string{"each", "held", "sealed"}[w] }

// wire is a viewer's connection for pion: SRTP on a lane, towards a socket that
// nobody reads, where the kernel drops what overflows.
type wire struct {
	net.Conn // for what SRTP does not use
	lane     *socket.Lane
	to       netip.AddrPort
	closed   chan struct{}
}

func (w *wire) Write(b []byte) (int, error)     { return w.lane.WriteToAddrPort(b, w.to) }
func (w *wire) Read([]byte) (int, error)        { <-w.closed; return 0, io.EOF }
func (w *wire) Close() error                    { close(w.closed); return nil }
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// wires is a stage whose viewers are real to the kernel and to SRTP.
func wires(tb testing.TB, viewers int, by way) (*layer, *socket.Conn) {
	tb.Helper()
	conn, err := socket.Listen(loopback, socket.Options{Plain: by == each})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	keys := srtp.SessionKeys{
		LocalMasterKey: make([]byte, 16), LocalMasterSalt: make([]byte, 12),
		RemoteMasterKey: make([]byte, 16), RemoteMasterSalt: make([]byte, 12),
	}
	l, downs := stage(viewers, func(int) writer {
		sink, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
		if err != nil {
			tb.Fatal(err)
		}
		_ = sink.SetReadBuffer(4096)
		tb.Cleanup(func() { _ = sink.Close() })
		to := sink.LocalAddr().(*net.UDPAddr).AddrPort()
		if by == sealed {
			sealer, err := seal.New(seal.Master{Key: keys.LocalMasterKey, Salt: keys.LocalMasterSalt}, srtp.ProtectionProfileAeadAes128Gcm)
			if err != nil {
				tb.Fatal(err)
			}
			x := &direct{batch: conn.Lane, route: &route{}, sealer: sealer}
			x.route.hop.Store(&hop{to: to})
			return x
		}
		session, err := srtp.NewSessionSRTP(&wire{
			lane: conn.Lane, to: to, closed: make(chan struct{}),
		}, &srtp.Config{Keys: keys, Profile: srtp.ProtectionProfileAeadAes128Gcm})
		if err != nil {
			tb.Fatal(err)
		}
		stream, err := session.OpenWriteStream()
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = session.Close() })
		return throughPion{stream}
	})
	if by != each {
		l.audiences[0].shard.lane = conn.Lane
	}
	for _, d := range downs {
		d.activate()
	}
	feed(l, 0, 0, true, true)
	return l, conn
}

// frames feeds frames of n packets of 1,200 bytes.
func frames(l *layer, n int) func() {
	payload := make([]byte, 1200)
	copy(payload, vp8Payload(true, false, 7, 1, 1))
	p := packet.RTP{Payload: payload}
	now := time.Now()
	return func() {
		p.Timestamp += 3000
		for i := range n {
			p.Sequence++
			p.Marker = i == n-1
			l.receive(&p, 1212, now)
		}
		work(l, now)
	}
}

// BenchmarkWire takes frames of 8 packets to N viewers through SRTP (AES-GCM)
// and the kernel, in each way.
func BenchmarkWire(b *testing.B) {
	const packets = 8
	for _, viewers := range []int{1, 50, 500} {
		for _, by := range []way{each, held, sealed} {
			b.Run(fmt.Sprintf("viewers=%d/%v", viewers, by), func(b *testing.B) {
				l, conn := wires(b, viewers, by)
				frame := frames(l, packets)
				var before, after unix.Rusage
				_ = unix.Getrusage(unix.RUSAGE_SELF, &before)
				sent := conn.Stats()
				b.ReportAllocs()
				for b.Loop() {
					frame()
				}
				_ = unix.Getrusage(unix.RUSAGE_SELF, &after)
				n := float64(b.N * packets * viewers)
				b.ReportMetric(float64(after.Utime.Nano()-before.Utime.Nano())/n, "user-ns/packet")
				b.ReportMetric(float64(after.Stime.Nano()-before.Stime.Nano())/n, "kernel-ns/packet")
				b.ReportMetric(float64(b.Elapsed())/n, "ns/packet")
				b.ReportMetric(float64(conn.Stats().Packets-sent.Packets)/float64(conn.Stats().Syscalls-sent.Syscalls), "packets/call")
			})
		}
	}
}
