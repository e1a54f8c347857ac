package sfu

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestDataGoesBothWays(t *testing.T) {
	modes(t, func(t *testing.T, single bool) {
		r := newTestEngine(t).NewRoom("r")
		c := join(t, r, "PA_1", PeerOptions{Single: single})
		for i := range 10 { // before anything is connected
			if err := c.peer.Send(Reliable, fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		if !single {
			if err := c.peer.Negotiate(); err != nil {
				t.Fatal(err)
			}
		}
		c.openChannels()
		c.offer()
		received := func(kind DataKind) []string {
			return look(c.see, func() []string { return slices.Clone(c.see.data[kind]) })
		}
		eventually(t, "reliable messages arrive", func() bool { return len(received(Reliable)) == 10 })
		for i, m := range received(Reliable) {
			if m != fmt.Sprint(i) {
				t.Fatalf("message %d is %q", i, m)
			}
		}
		eventually(t, "a lossy message arrives", func() bool {
			if err := c.peer.Send(Lossy, []byte("lossy")); err != nil {
				t.Fatal(err)
			}
			return len(received(Lossy)) > 0
		})
		eventually(t, "connected", func() bool { return look(c.see, func() bool { return c.see.connected > 0 }) })

		eventually(t, "the client's channels are open", func() bool {
			return c.channel(labelReliable) != nil && c.channel(labelLossy) != nil
		})
		for _, label := range []string{labelReliable, labelLossy} {
			up := c.own(label)
			eventually(t, "open", func() bool { return up.ReadyState() == webrtc.DataChannelStateOpen })
			if err := up.Send([]byte("from the client " + label)); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the server hears the client", func() bool {
			return slices.Contains(received(Reliable), "from the client _reliable") &&
				slices.Contains(received(Lossy), "from the client _lossy")
		})
	})
}

func TestDataHasLimits(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_1", PeerOptions{Single: true})
	if err := c.peer.Send(Reliable, make([]byte, MaxReliable+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a large message: %v", err)
	}
	if err := c.peer.Send(Lossy, make([]byte, MaxLossy+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a large lossy message: %v", err)
	}
	var err error
	for range maxQueuedMessages + 1 {
		err = c.peer.Send(Reliable, []byte("x"))
	}
	if !errors.Is(err, ErrLimit) {
		t.Errorf("a full queue: %v", err)
	}
	if err := c.peer.Send(Lossy, []byte("x")); err != nil {
		t.Errorf("a lossy message before the channel is open: %v", err)
	}
	c.peer.Close()
	if err := c.peer.Send(Reliable, []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestOtherChannelsAreLeftOpen: LiveKit's clients open channels of their own.
func TestOtherChannelsAreLeftOpen(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_1", PeerOptions{Single: true})
	d, err := c.up.CreateDataChannel("_data_track", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.openChannels()
	c.offer()
	eventually(t, "open", func() bool { return d.ReadyState() == webrtc.DataChannelStateOpen && c.channel(labelReliable) != nil })
	if err := d.Send([]byte("ignored")); err != nil {
		t.Fatal(err)
	}
	if err := c.channel(labelReliable).Send([]byte("heard")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the packet", func() bool {
		return look(c.see, func() int { return len(c.see.data[Reliable]) }) == 1
	})
}
