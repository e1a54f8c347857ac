package estimate

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

func TestParseGivesWhatWasRecorded(t *testing.T) {
	r := twcc.NewRecorder(1)
	arrivals := map[uint16]time.Duration{65534: 0, 65535: 1, 0: 5, 2: 90, 3: 90, 9: 400, 10: 8000}
	for _, number := range []uint16{65534, 65535, 0, 2, 3, 9, 10} {
		arrivals[number] = time.Hour + arrivals[number]*time.Millisecond
		r.Record(1, number, arrivals[number].Microseconds())
	}
	var f Feedback
	seen := make(map[uint16]bool)
	for _, p := range r.BuildFeedbackPacket() {
		if err := f.Parse(p.(*rtcp.TransportLayerCC)); err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Statuses {
			want, came := arrivals[s.Sequence]
			if s.Received != came || came && s.Arrival != want {
				t.Errorf("packet %d: %+v, want %v", s.Sequence, s, want)
			}
			seen[s.Sequence] = s.Received
		}
	}
	for number := range arrivals {
		if !seen[number] {
			t.Errorf("packet %d is missing", number)
		}
	}
}

func TestParseRefusesLies(t *testing.T) {
	run := func(symbol, length uint16) rtcp.PacketStatusChunk {
		return &rtcp.RunLengthChunk{PacketStatusSymbol: symbol, RunLength: length}
	}
	for name, p := range map[string]*rtcp.TransportLayerCC{
		"more packets than anybody sends": {PacketStatusCount: 65535, PacketChunks: []rtcp.PacketStatusChunk{run(0, 8191)}},
		"fewer statuses than promised":    {PacketStatusCount: 10, PacketChunks: []rtcp.PacketStatusChunk{run(0, 9)}},
		"arrivals without times":          {PacketStatusCount: 2, PacketChunks: []rtcp.PacketStatusChunk{run(1, 2)}, RecvDeltas: []*rtcp.RecvDelta{{}}},
		"a missing delta":                 {PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{run(2, 1)}, RecvDeltas: []*rtcp.RecvDelta{nil}},
		"a reserved symbol":               {PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{run(3, 1)}},
		"no chunk":                        {PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{nil}},
	} {
		f := Feedback{Statuses: []Status{{Sequence: 1}}}
		if err := f.Parse(p); !errors.Is(err, ErrFeedback) || len(f.Statuses) != 0 {
			t.Errorf("%s: %v with %d statuses", name, err, len(f.Statuses))
		}
	}
}

// FuzzFeedback takes bytes from the network through pion's parser and ours
// into an estimator that sent something.
func FuzzFeedback(f *testing.F) {
	r := twcc.NewRecorder(1)
	for i := range uint16(40) {
		if i%7 != 3 {
			r.Record(1, i, int64(i)*3000)
		}
	}
	for _, p := range r.BuildFeedbackPacket() {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-4])
	}
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x3f, 0xff, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p rtcp.TransportLayerCC
		if p.Unmarshal(b) != nil {
			return
		}
		var feedback Feedback
		if feedback.Parse(&p) != nil {
			return
		}
		if len(feedback.Statuses) != int(p.PacketStatusCount) {
			t.Fatalf("%d statuses of %d", len(feedback.Statuses), p.PacketStatusCount)
		}
		now := time.Unix(1_700_000_000, 0)
		e := New(Defaults(), now)
		for i := range uint16(100) {
			now = now.Add(time.Millisecond)
			e.Sent(Packet{Sequence: i, Bytes: 1200, Sent: now})
		}
		for range 3 {
			now = now.Add(100 * time.Millisecond)
			e.Feedback(now, &feedback)
		}
		if got := e.Estimate().BitsPerSecond; got < Defaults().Min || got > Defaults().Max {
			t.Fatalf("%d is out of bounds", got)
		}
	})
}
