package relay

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// echo answers every packet with itself.
func echo(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, maxPacket)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			if _, err := c.WriteToUDPAddrPort(buffer[:n], from); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func listen(t *testing.T, opts Options) *Relay {
	t.Helper()
	opts.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	r, err := Listen(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func dial(t *testing.T, r *Relay) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRelayPassesBothWaysWithItsDelay(t *testing.T) {
	r := listen(t, Options{Server: echo(t), Up: Conditions{Delay: 20 * ms}, Down: Conditions{Delay: 30 * ms}})
	for _, word := range []string{"one", "two"} { // two clients, two flows
		c := dial(t, r)
		began := time.Now()
		if _, err := c.Write([]byte(word)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 16)
		n, err := c.Read(answer)
		if err != nil || !bytes.Equal(answer[:n], []byte(word)) {
			t.Fatalf("%q, %v", answer[:n], err)
		}
		if took := time.Since(began); took < 50*ms {
			t.Errorf("took %v", took)
		}
	}
	up, down := r.Verdict()
	if up.Passed != 2 || down.Passed != 2 {
		t.Errorf("up %+v, down %+v", up, down)
	}
}

func TestRelayLosesWhatItsLinksLose(t *testing.T) {
	r := listen(t, Options{Server: echo(t), Down: Conditions{Loss: 0.5}, Seed: 5})
	c := dial(t, r)
	const sent = 400
	got := 0
	buffer := make([]byte, 16)
	deadline := time.Now().Add(10 * time.Second)
	for i := range sent {
		if _, err := c.Write([]byte{byte(i), byte(i >> 8)}); err != nil {
			t.Fatal(err)
		}
		// One at a time: a socket's buffer is not to lose any besides.
		for judged := -1; judged < i+1; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d judged", judged, i+1)
			}
			_, down := r.Verdict()
			judged = int(down.Passed + down.Lost)
		}
	}
	for {
		_, down := r.Verdict()
		if down.Passed+down.Lost == sent && got == int(down.Passed) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d packets of %+v", got, down)
		}
		if err := c.SetReadDeadline(time.Now().Add(20 * ms)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(buffer); err == nil {
			got++
		}
	}
	if got < sent/3 || got > 2*sent/3 {
		t.Errorf("%d of %d came", got, sent)
	}
}

func TestRelayRefusesBadConditions(t *testing.T) {
	if _, err := Listen(Options{Up: Conditions{Loss: 2}}); err == nil {
		t.Error("no error")
	}
}

func BenchmarkLink(b *testing.B) {
	l := NewLink(Conditions{Delay: 50 * ms, Jitter: 10 * ms, Loss: 0.05, Rate: 10_000_000}, 1)
	b.ReportAllocs()
	for i := range b.N {
		l.Send(time.Duration(i)*ms, 1200)
	}
}
