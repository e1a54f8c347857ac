package socket

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	alice = netip.MustParseAddrPort("192.0.2.1:1000")
	bob   = netip.MustParseAddrPort("192.0.2.2:2000")
)

func packet(number, size int) []byte {
	p := make([]byte, size)
	p[0], p[1], p[2], p[3] = 0x80, 96, byte(number>>8), byte(number)
	return p
}

// write sends packets to alice and bob, six each, and checks that Flush says
// want.
func write(t *testing.T, c *Conn, want error) {
	t.Helper()
	c.Cork()
	for _, to := range []netip.AddrPort{alice, bob} {
		for i := range 6 {
			if _, err := c.WriteToAddrPort(packet(i, 100), to); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Flush(); !errors.Is(err, want) {
		t.Fatalf("Flush = %v, want %v", err, want)
	}
}

func complete(t *testing.T, k *fakeKernel, rounds int) {
	t.Helper()
	if len(k.got) != 12*rounds {
		t.Fatalf("%d packets left, want %d", len(k.got), 12*rounds)
	}
	for i, p := range k.got {
		to := alice
		if i/6%2 == 1 {
			to = bob
		}
		if k.to[i] != to || !bytes.Equal(p, packet(i%6, 100)) {
			t.Fatalf("packet %d went to %v with number %d", i, k.to[i], p[3])
		}
	}
}

func TestFallBackLosesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		refuse func(multi bool, m message) error
		rounds int // until the mode is given up
		want   Mode
	}{
		"segmentation unknown": {func(_ bool, m message) error {
			if m.packets() > 1 {
				return errAbsent
			}
			return nil
		}, 1, Multi},
		"segmentation invalid": {func(_ bool, m message) error {
			if m.packets() > 1 {
				return syscall.EINVAL
			}
			return nil
		}, proof / 2, Multi},
		"sendmmsg unknown": {func(multi bool, _ message) error {
			if multi {
				return errAbsent
			}
			return nil
		}, 1, Single},
		"sendmmsg broken": {func(multi bool, _ message) error {
			if multi {
				return syscall.EINVAL
			}
			return nil
		}, proof, Single},
	} {
		t.Run(name, func(t *testing.T) {
			k := &fakeKernel{refuse: tc.refuse}
			c := newFakeConn(t, k, Segmented)
			for range tc.rounds {
				write(t, c, nil)
			}
			complete(t, k, tc.rounds)
			if c.Mode() != tc.want {
				t.Errorf("mode %v, want %v", c.Mode(), tc.want)
			}
			refused := c.Stats().Refused
			write(t, c, nil)
			complete(t, k, tc.rounds+1)
			if after := c.Stats().Refused; after != refused {
				t.Errorf("the fall-back is not sticky: %d more refusals", after-refused)
			}
		})
	}
}

// A path with a small MTU refuses segments that others take.
func TestOneBadPathChangesNothingForOthers(t *testing.T) {
	k := &fakeKernel{refuse: func(_ bool, m message) error {
		if m.to == alice && m.packets() > 1 {
			return syscall.EINVAL
		}
		return nil
	}}
	c := newFakeConn(t, k, Segmented)
	for range 5 * proof {
		write(t, c, nil)
	}
	complete(t, k, 5*proof)
	if c.Mode() != Segmented {
		t.Errorf("mode fell to %v", c.Mode())
	}
	if s := c.Stats(); s.Dropped != 0 || s.Packets != 12*5*proof {
		t.Errorf("stats %+v", s)
	}
}

func TestAFullBufferIsWaitedForAndThenGivenUp(t *testing.T) {
	tries := 0
	k := &fakeKernel{refuse: func(bool, message) error {
		if tries++; tries <= 2 {
			return errFull
		}
		return nil
	}}
	c := newFakeConn(t, k, Segmented)
	write(t, c, nil)
	complete(t, k, 1)
	if k.waits != 2 || c.Stats().Full != 2 {
		t.Errorf("waited %d times, counted %d", k.waits, c.Stats().Full)
	}
	k.refuse = func(_ bool, m message) error {
		if m.to == bob {
			return errFull
		}
		return nil
	}
	write(t, c, ErrDropped)
	if s := c.Stats(); s.Packets != 18 || s.Dropped != 6 || s.Packets != uint64(len(k.got)) {
		t.Errorf("stats %+v, %d packets taken", s, len(k.got))
	}
	if c.Mode() != Segmented {
		t.Errorf("a full buffer changed the mode to %v", c.Mode())
	}
}

func TestAnUnreachableViewerHurtsNobody(t *testing.T) {
	k := &fakeKernel{refuse: func(_ bool, m message) error {
		if m.to == alice {
			return errUnreachable
		}
		return nil
	}}
	c := newFakeConn(t, k, Segmented)
	for range 2 * proof {
		write(t, c, ErrDropped)
	}
	if s := c.Stats(); s.Packets != 6*2*proof || s.Dropped != 6*2*proof || s.Refused != 0 {
		t.Errorf("stats %+v", s)
	}
	if c.Mode() != Segmented {
		t.Errorf("mode fell to %v", c.Mode())
	}
}

func TestAClosedSocketDropsTheRest(t *testing.T) {
	k := &fakeKernel{refuse: func(bool, message) error { return net.ErrClosed }}
	c := newFakeConn(t, k, Segmented)
	write(t, c, net.ErrClosed)
	if s := c.Stats(); s.Dropped != 12 {
		t.Errorf("stats %+v", s)
	}
}

// TestEveryPacketLeavesOnceInOrder writes anything to anybody through a kernel
// that refuses at random, for reasons that a plainer way cures.
func TestEveryPacketLeavesOnceInOrder(t *testing.T) {
	udp := listenUDP(t)
	t.Cleanup(func() { _ = udp.Close() })
	rapid.Check(t, func(t *rapid.T) {
		refusals := rapid.SliceOfN(rapid.SampledFrom([]error{nil, nil, nil, syscall.EINVAL, errFull}), 64, 64).Draw(t, "refusals")
		turn, full := 0, 0
		k := &fakeKernel{refuse: func(multi bool, m message) error {
			turn++
			err := refusals[turn%len(refusals)]
			if err == errFull {
				if full++; full > 3 {
					return nil
				}
				return err
			}
			if !multi {
				return nil
			}
			return err
		}}
		c := newConn(udp, k, Mode(rapid.IntRange(int(Single), int(Segmented)).Draw(t, "mode")))
		// A clock that stands still: how long this machine takes is not the matter.
		c.sender.now = func() time.Time { return time.Time{} }
		type sent struct {
			to netip.AddrPort
			b  []byte
		}
		var want []sent
		c.Cork()
		for i := range rapid.IntRange(0, 400).Draw(t, "packets") {
			p := packet(i, rapid.SampledFrom([]int{12, 100, 1200, maxCorked}).Draw(t, "size"))
			to := rapid.SampledFrom([]netip.AddrPort{alice, bob}).Draw(t, "to")
			if full = 0; len(c.batch.messages) == 0 {
				turn = 0
			}
			if _, err := c.WriteToAddrPort(p, to); err != nil {
				t.Fatal(err)
			}
			want = append(want, sent{to, p})
		}
		full = 0
		if err := c.Flush(); err != nil {
			t.Fatal(err)
		}
		if len(k.got) != len(want) {
			t.Fatalf("%d of %d packets left", len(k.got), len(want))
		}
		for i, w := range want {
			if k.to[i] != w.to || !bytes.Equal(k.got[i], w.b) {
				t.Fatalf("packet %d differs", i)
			}
		}
	})
}
