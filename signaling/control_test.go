package signaling_test

import (
	"testing"
	"time"

	"github.com/easel-live/easel/wire"
)

func encodeInput(t *testing.T, generation, first uint32) []byte {
	t.Helper()
	raw, err := wire.AppendInput(nil, &wire.Input{
		Generation: generation, First: first,
		Events: []wire.Event{{Kind: wire.ButtonDown, Button: 1, X: 10, Y: 20}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// lastLease is the lease as the guest was told last; the caller holds g.mu.
func (g *guest) lastLease() *wire.Lease {
	var last *wire.Lease
	for _, m := range g.messages {
		if m.topic != wire.TopicControl || m.from != "" {
			continue
		}
		c, err := wire.DecodeControl([]byte(m.payload))
		if err == nil && c.Type == wire.ControlLease {
			last = c.Lease
		}
	}
	return last
}

// lease waits to be told the lease.
func (g *guest) lease() wire.Lease {
	g.t.Helper()
	var lease wire.Lease
	g.until("the lease is told", func() bool {
		l := g.lastLease()
		if l != nil {
			lease = *l
		}
		return l != nil
	})
	return lease
}

// control waits for a control message of a type.
func (g *guest) control(kind string) *wire.Control {
	g.t.Helper()
	var found *wire.Control
	g.until("control message "+kind, func() bool {
		for _, m := range g.messages {
			if c, err := wire.DecodeControl([]byte(m.payload)); err == nil && c.Type == kind {
				found = c
			}
		}
		return found != nil
	})
	return found
}

func (g *guest) command(c wire.Control) {
	g.t.Helper()
	raw, err := wire.EncodeControl(&c)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.PublishData(wire.TopicControl, raw, true); err != nil {
		g.t.Fatal(err)
	}
}

// waitMetric waits until a counter has reached a value.
func (g *guest) waitMetric(h *house, name string, want float64, labels ...string) {
	g.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for h.metric(name, labels...) < want {
		if time.Now().After(deadline) {
			g.t.Fatalf("%s%v stays at %v", name, labels, h.metric(name, labels...))
		}
		<-tick.C
	}
}
