package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestReadingIsBounded(t *testing.T) {
	r := &reading{count: &counters{}}
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	read := 0
	for range 10 * reportRate { // within a second
		if len(r.read(report, now)) > 0 {
			read++
		}
		now = now.Add(time.Second / (10 * reportRate))
	}
	if read < 2*reportRate || read > 3*reportRate+1 {
		t.Errorf("%d were read", read)
	}
	if n := r.count.reportsOver.Load(); int(n) != 10*reportRate-read {
		t.Errorf("%d counted as too many", n)
	}
}

func TestReadingRefusesWhatNobodyCanMean(t *testing.T) {
	for name, datagram := range map[string][]byte{
		"feedback on 65,535 packets":   {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x3f, 0xff, 0x3f, 0xff},
		"feedback cut short":           {0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2},
		"a length beyond the datagram": {0x80, 201, 0xff, 0xff, 0, 0, 0, 1},
		"less than a header":           {0x80, 201, 0},
		"something after the end":      {0x80, 201, 0, 1, 0, 0, 0, 1, 7},
		"nothing":                      {},
	} {
		r := &reading{count: &counters{}}
		if got := r.read(datagram, time.Unix(1000, 0)); len(got) > 0 {
			t.Errorf("%s: read %v", name, got)
		}
		if r.count.reportsBad.Load() != 1 {
			t.Errorf("%s: not counted", name)
		}
	}
}

// FuzzReports has a viewer report anything: the path's estimate stays within its
// bounds.
func FuzzReports(f *testing.F) {
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 0x20, 0x07, 1, 1, 1, 1, 1, 1, 1, 0})
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0xff, 0xff, 0xff, 0, 0, 0, 2})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		r, p := &reading{count: &counters{}}, &path{}
		now := time.Unix(1000, 0)
		for range 3 {
			for i := range 20 {
				p.number(1200, true, 0, now.Add(time.Duration(i)*time.Millisecond))
			}
			for _, report := range r.read(datagram, now) {
				p.hear(report, now)
			}
			now = now.Add(100 * time.Millisecond)
			p.tick(now, 5_000_000)
		}
		if p.est != nil {
			if e := p.est.Estimate().BitsPerSecond; e < 1000 || e > 100_000_000 {
				t.Fatalf("estimate %d", e)
			}
		}
	})
}
