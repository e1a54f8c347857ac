package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/easel-live/easel/sfu/estimate"
)

func TestPaceHoldsNothingBackUntilThePathIsKnown(t *testing.T) {
	var p pace
	now := time.Unix(1000, 0)
	for range 1000 {
		if !p.open(now) {
			t.Fatal("a packet was held")
		}
		p.spend(1200)
	}
}

func TestPaceSpreadsALargeFrame(t *testing.T) {
	var p pace
	now := time.Unix(1000, 0)
	p.set(1_000_000, now) // 31 kB at once, then 188 kB/s
	if p.open(now) {
		t.Error("a packet joined the queue that made a pace necessary")
	}
	now = now.Add(time.Second)
	sent := map[time.Duration]int{}
	for left, at := 100_000, time.Duration(0); left > 0; at += paceStep {
		for left > 0 && p.open(now.Add(at)) {
			p.spend(1200)
			left -= 1200
			sent[at.Truncate(100*time.Millisecond)] += 1200
		}
	}
	if first := sent[0]; first < 45_000 || first > 55_000 {
		t.Errorf("%d bytes in the first 100 ms", first)
	}
	if next := sent[100*time.Millisecond]; next < 16_000 || next > 21_000 {
		t.Errorf("%d bytes in the next 100 ms", next)
	}
}

// TestAHeldFrameLeavesInTime sends a keyframe to a viewer with a thin path.
func TestAHeldFrameLeavesInTime(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	feed(l, 0, 0, true, true)
	d.path.pace.set(100_000, time.Now().Add(-time.Second)) // 8 kB at once
	for i := range uint16(250) {
		feed(l, i+1, 3000, false, i == 249)
	}
	now := time.Now()
	if n := len(s.got); n > 200 {
		t.Fatalf("%d packets left at once", n)
	}
	for i := time.Duration(1); len(s.got) < 251 && i < 1000; i++ {
		work(l, now.Add(i*paceStep))
	}
	if len(s.got) != 251 {
		t.Fatalf("%d packets left, want 251", len(s.got))
	}
	checkContinuous(t, s.got[:1])
}

// What takes the place of a layer that was given up is not lost in the queue that
// it left.
func TestANarrowPathKeepsThePaceForAWhile(t *testing.T) {
	var p path
	now := time.Unix(1000, 0)
	p.mu.Lock()
	p.estimator(now)
	p.mu.Unlock()
	if p.changed(true, now); !p.open(now) {
		t.Fatal("a packet was held for a better layer")
	}
	if p.changed(false, now); p.open(now) {
		t.Fatal("a packet left at once after a layer was given up")
	}
	if at := now.Add(10 * time.Millisecond); !p.open(at) {
		t.Fatal("no packet leaves any more")
	}
	p.tick(now.Add(narrowFor), 0)
	for range 1000 {
		if !p.open(now.Add(narrowFor)) {
			t.Fatal("a packet was held though nothing is lost")
		}
		p.number(1200, true, 0, now.Add(narrowFor))
	}
}

func TestRequestsForKeyframesBackOff(t *testing.T) {
	var p pleas
	now := time.Unix(1000, 0)
	granted := 0
	for i := range 300 { // a request every 100 ms
		if p.grant(now.Add(time.Duration(i) * 100 * time.Millisecond)) {
			granted++
		}
	}
	if granted > 7 {
		t.Errorf("%d of 300 requests in 30 s were passed on", granted)
	}
	if !p.grant(now.Add(time.Minute)) {
		t.Error("the spacing was not forgotten")
	}
}

// TestAGreedyViewerCostsBoundedWork asks for everything, again and again.
func TestAGreedyViewerCostsBoundedWork(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	for i := range uint16(900) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	sent := len(s.got)
	all := make([]uint16, 900)
	for i := range all {
		all[i] = uint16(i + 1)
	}
	nack := &rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers(all)}
	now := time.Now()
	for i := range 100 { // for a second
		d.hear(nack, now.Add(time.Duration(i)*10*time.Millisecond))
		if len(d.wanted) > maxWanted {
			t.Fatalf("%d requests wait", len(d.wanted))
		}
		work(l, now.Add(time.Duration(i)*10*time.Millisecond))
	}
	if again := len(s.got) - sent; again > resendBurst+resendRate {
		t.Fatalf("%d packets were sent again in a second", again)
	}
}

func TestHopeGrowsUntilItFails(t *testing.T) {
	var h layerHistory
	now := time.Unix(1000, 0)
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	if f := h.hopes(now, estimate.Growing); f != 1 {
		t.Fatalf("hope %v at the beginning", f)
	}
	h.change(false, 1, at(0))
	if f := h.hopes(at(4), estimate.Growing); f != 1 {
		t.Errorf("hope %v after 4 s", f)
	}
	if f := h.hopes(at(8), estimate.Growing); f != 1.5 {
		t.Errorf("hope %v after 8 s, want 1.5", f)
	}
	if f := h.hopes(at(60), estimate.Lossy); f != 1 {
		t.Errorf("hope %v on a lossy path", f)
	}
	h.change(true, 1.5, at(8))
	if f := h.hopes(at(10), estimate.Growing); f != 1.5 {
		t.Errorf("the trial was cut short: %v", f)
	}
	h.change(false, 1, at(11))
	if f := h.hopes(at(19), estimate.Growing); h.patience != 2*firstPatience || f != 1 {
		t.Errorf("patience %v, hope %v after a failure", h.patience, f)
	}
}
