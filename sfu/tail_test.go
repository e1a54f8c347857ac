package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// TestTheLastPacketBeforeAStillnessArrives loses the last packet of a burst;
// nothing follows it that could make the viewer ask.
func TestTheLastPacketBeforeAStillnessArrives(t *testing.T) {
	var s sink
	s.lose = func(h *rtp.Header) bool { return h.SSRC == 1000 && h.SequenceNumber == 4 }
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	for i := range uint16(4) {
		feed(l, i+1, uint32(i)*3000, i == 0, true)
	}
	later := time.Now().Add(time.Second)
	d.hear(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1000, LastSequenceNumber: 3}}}, later)
	d.tick(later)
	work(l, later)
	if len(s.got) != 4 || s.got[3].SSRC != 5000 {
		t.Fatalf("%d packets came, want the three and the lost one again", len(s.got))
	}
	d.hear(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1000, LastSequenceNumber: 4}}}, later.Add(time.Second))
	d.tick(later.Add(time.Second))
	work(l, later.Add(time.Second))
	if len(s.got) != 4 {
		t.Fatal("what arrived was sent again")
	}
}

// TestAViewerThatSawNothingBeginsAgain is a viewer whose browser had no keys yet
// when the first packets came, on a canvas that nobody touches.
func TestAViewerThatSawNothingBeginsAgain(t *testing.T) {
	var s sink
	s.lose = func(h *rtp.Header) bool { return len(s.got) == 0 && h.SequenceNumber <= 2 }
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	feed(l, 1, 0, true, true)
	feed(l, 2, 3000, false, true)
	later := time.Now().Add(2 * unseenAfter)
	d.tick(later)
	work(l, later)
	feed(l, 3, 90000, true, true)
	if len(s.got) == 0 {
		t.Fatal("the viewer still sees nothing")
	}
}
