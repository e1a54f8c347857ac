package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"go.uber.org/goleak"
)

var (
	_ net.PacketConn           = (*Conn)(nil)
	_ ice.AddrPortReaderWriter = (*Conn)(nil)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return udp
}

func listen(t testing.TB, addr string, opts Options) *Conn {
	t.Helper()
	c, err := Listen(netip.MustParseAddrPort(addr), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func at(c *Conn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// receive reads n datagrams and returns their RTP sequence numbers and sizes.
func receive(t *testing.T, c *Conn, n int) (numbers, sizes []int) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8192)
	for range n {
		size, _, err := c.ReadFromAddrPort(b)
		if err != nil {
			t.Fatalf("after %d of %d datagrams: %v", len(numbers), n, err)
		}
		numbers, sizes = append(numbers, int(b[2])<<8|int(b[3])), append(sizes, size)
	}
	return numbers, sizes
}

func TestCorkedPacketsArriveAsWritten(t *testing.T) {
	for _, tc := range []struct{ name, from, to string }{
		{"IPv4", "127.0.0.1:0", "127.0.0.1:0"},
		{"IPv6", "[::1]:0", "[::1]:0"},
		{"IPv4 from both", "[::]:0", "127.0.0.1:0"},
	} {
		for _, plain := range []bool{false, true} {
			t.Run(tc.name+map[bool]string{false: "", true: " plain"}[plain], func(t *testing.T) {
				from, to := listen(t, tc.from, Options{Plain: plain}), listen(t, tc.to, Options{})
				sizes := []int{1200, 1200, 1200, 700, 1200, 1200, 50, 50, 60, 1200}
				from.Cork()
				b := make([]byte, 1500) // one buffer for all, as SRTP has
				for i, size := range sizes {
					copy(b, packet(i, size))
					if n, err := from.WriteToAddrPort(b[:size], at(to)); n != size || err != nil {
						t.Fatal(n, err)
					}
				}
				if s := from.Stats(); s.Packets != 0 {
					t.Fatalf("%d packets left before Flush", s.Packets)
				}
				if err := from.Flush(); err != nil {
					t.Fatal(err)
				}
				numbers, got := receive(t, to, len(sizes))
				for i := range sizes {
					if numbers[i] != i || got[i] != sizes[i] {
						t.Fatalf("received %v of sizes %v", numbers, got)
					}
				}
				s := from.Stats()
				if s.Packets != uint64(len(sizes)) || s.Dropped+s.Refused != 0 {
					t.Errorf("stats %+v", s)
				}
				if from.Mode() == Segmented && (s.Syscalls != 1 || s.Segments != 7) {
					t.Errorf("did not coalesce: %+v", s)
				}
			})
		}
	}
}

func TestOnlyRTPWaits(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0", Options{}), listen(t, "127.0.0.1:0", Options{})
	from.Cork()
	for i, first := range [][2]byte{{0x80, 96}, {0, 1}, {22, 254}, {0x81, 200}, {0x80, 0xe0}, {0x80, 223}, {64, 0}, {0xbf, 127}} {
		if _, err := from.WriteToAddrPort([]byte{first[0], first[1], 0, byte(i)}, at(to)); err != nil {
			t.Fatal(err)
		}
	}
	if numbers, _ := receive(t, to, 5); !equal(numbers, []int{1, 2, 3, 5, 6}) {
		t.Errorf("at once: %v", numbers)
	}
	if err := from.Flush(); err != nil {
		t.Fatal(err)
	}
	if numbers, _ := receive(t, to, 3); !equal(numbers, []int{0, 4, 7}) {
		t.Errorf("at the flush: %v", numbers)
	}
	if _, err := from.WriteToAddrPort(packet(9, 100), at(to)); err != nil {
		t.Fatal(err)
	}
	if numbers, _ := receive(t, to, 1); !equal(numbers, []int{9}) {
		t.Errorf("uncorked: %v", numbers)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestWritersTogether has an owner that corks and flushes, and others that
// write RTP and RTCP meanwhile: each one's packets arrive, in its order.
func TestWritersTogether(t *testing.T) {
	const writers, packets = 4, 300
	from := listen(t, "127.0.0.1:0", Options{})
	var tos []*Conn
	for range writers {
		tos = append(tos, listen(t, "127.0.0.1:0", Options{}))
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			from.Cork()
			for i := range 5 {
				// To nobody in particular: the discard port.
				_, _ = from.WriteToAddrPort(packet(i, 500), netip.MustParseAddrPort("127.0.0.1:9"))
			}
			if err := from.Flush(); err != nil {
				t.Error(err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	var others sync.WaitGroup
	for w, to := range tos {
		others.Go(func() {
			for i := range packets {
				p := packet(i, 200)
				if w%2 == 1 {
					p[1] = 200 // RTCP
				}
				if _, err := from.WriteToAddrPort(p, at(to)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	others.Wait()
	close(done)
	wg.Wait()
	for w, to := range tos {
		numbers, _ := receive(t, to, packets)
		inOrder := true
		for i, n := range numbers {
			inOrder = inOrder && n == i
		}
		if !inOrder {
			t.Errorf("writer %d: received %v", w, numbers)
		}
	}
	if s := from.Stats(); s.Dropped != 0 || s.Errors != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestCloseEndsReadsAndFlushes(t *testing.T) {
	c := listen(t, "127.0.0.1:0", Options{})
	failed := make(chan error)
	go func() {
		_, _, err := c.ReadFromAddrPort(make([]byte, 100))
		failed <- err
	}()
	c.Cork()
	if _, err := c.WriteToAddrPort(packet(0, 100), at(c)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if err := c.Flush(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("flush: %v", err)
	}
	if _, err := c.WriteToAddrPort(packet(0, 100), alice); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
}

func TestPacketConnMethods(t *testing.T) {
	c := listen(t, "[::]:0", Options{})
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(at(c).Port())}
	if _, err := c.WriteTo(packet(7, 80), to); err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, from, err := c.ReadFrom(b)
	if err != nil || n != 80 || from.String() != to.String() {
		t.Errorf("read %d from %v: %v", n, from, err)
	}
	if _, err := c.WriteTo(b, &net.TCPAddr{}); err == nil {
		t.Error("a TCP address was written to")
	}
	if err := c.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadFrom(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read past its deadline: %v", err)
	}
}

func TestListenTellsWhatIsWrong(t *testing.T) {
	c := listen(t, "127.0.0.1:0", Options{})
	if _, err := Listen(at(c), Options{}); err == nil {
		t.Error("two sockets on one port")
	}
}
