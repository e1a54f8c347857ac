package sfu

import (
	"testing"
	"time"

	"github.com/easel-live/easel/sfu/estimate"
)

// While a queue drains less is sent, and no layer is given up for that.
func TestADrainingQueueCostsNoLayer(t *testing.T) {
	var p path
	cfg := estimate.Defaults()
	cfg.Start = 4_000_000
	start := time.Unix(1000, 0)
	p.est = estimate.New(cfg, start)
	// A line of 1 Mb/s: packets of 1,250 bytes leave every 2 ms and arrive every
	// 10 ms.
	for i := range 400 {
		now := start.Add(time.Duration(i) * 2 * time.Millisecond)
		p.number(1250, true, 0, now)
		if i%20 == 19 {
			f := &estimate.Feedback{}
			for j := i - 19; j <= i; j++ {
				f.Statuses = append(f.Statuses, estimate.Status{Sequence: uint16(j), Received: true, Arrival: time.Duration(j) * 10 * time.Millisecond})
			}
			p.est.Feedback(now.Add(time.Duration(i)*8*time.Millisecond), f)
		}
	}
	if state := p.est.Estimate().State; state != estimate.Draining {
		t.Fatalf("%v", state)
	}
	b, known := p.budget(start.Add(4 * time.Second))
	if !known || b.total < 800_000 || b.total > 1_100_000 || b.carried > b.total*8/10 {
		t.Errorf("%+v", b)
	}
}
