package reception

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

var start = time.Unix(1000, 0)

func wanted(s *Stream, now time.Time) (sequences []uint16) {
	pairs, _ := s.Wanted(now)
	for i := range pairs {
		sequences = append(sequences, pairs[i].PacketList()...)
	}
	return sequences
}

func TestAStreamIsReportedOn(t *testing.T) {
	s := New(7, 90000)
	if _, ok := s.Report(start); ok {
		t.Fatal("a report before the first packet")
	}
	for i := range 10 {
		if i == 4 || i == 5 {
			continue
		}
		at := start.Add(time.Duration(i) * 10 * time.Millisecond)
		if gap := s.Packet(uint16(65530+i), uint32(900*i), at); gap != (i == 6) {
			t.Errorf("packet %d: gap %v", i, gap)
		}
	}
	s.SenderReport(0x0001_0002_0003_0004, start)
	r, ok := s.Report(start.Add(time.Second))
	want := rtcp.ReceptionReport{
		SSRC: 7, LastSequenceNumber: 65539, TotalLost: 2, FractionLost: 51, // of 256: two of ten
		LastSenderReport: 0x0002_0003, Delay: 65536,
	}
	if !ok || r != want {
		t.Errorf("%+v", r)
	}
	s.Packet(4, 9000, start.Add(100*time.Millisecond))
	if r, _ := s.Report(start.Add(2 * time.Second)); r.FractionLost != 0 || r.TotalLost != 2 {
		t.Errorf("after a second without loss: %+v", r)
	}
}

func TestWhatIsMissingIsAskedForAFewTimes(t *testing.T) {
	s := New(7, 90000)
	s.Packet(10, 0, start)
	s.Packet(14, 0, start)
	if got := wanted(s, start.Add(patience/2)); len(got) > 0 {
		t.Errorf("asked at once for %v", got)
	}
	s.Packet(12, 0, start) // merely late
	if got := wanted(s, start.Add(patience)); !slices.Equal(got, []uint16{11, 13}) {
		t.Errorf("asked for %v", got)
	}
	s.Repaired(13)
	now, asks := start.Add(patience), 1
	for {
		_, next := s.Wanted(now)
		if next.IsZero() {
			break
		}
		if now = next; slices.Equal(wanted(s, now), []uint16{11}) {
			asks++
		}
	}
	if asks != maxAsks {
		t.Errorf("asked %d times", asks)
	}
	if d := now.Sub(start); d > 3*time.Second {
		t.Errorf("given up after %v", d)
	}
}

func TestWhatIsAwaitedIsBounded(t *testing.T) {
	s := New(7, 90000)
	s.Packet(0, 0, start)
	s.Packet(30_000, 0, start)
	if got := wanted(s, start.Add(time.Second)); len(got) != maxMissing || got[len(got)-1] != 29_999 {
		t.Errorf("%d packets awaited", len(got))
	}
}

func FuzzAnySequenceIsBounded(f *testing.F) {
	f.Add([]byte{0, 1, 0, 3, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(1, 90000)
		now := start
		for ; len(b) >= 2; b = b[2:] {
			now = now.Add(time.Millisecond)
			s.Packet(uint16(b[0])<<8|uint16(b[1]), uint32(b[0]), now)
			if got := wanted(s, now); len(got) > maxMissing {
				t.Fatalf("%d packets wanted", len(got))
			}
		}
		s.Report(now)
	})
}
