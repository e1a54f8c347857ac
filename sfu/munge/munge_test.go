package munge

import (
	"testing"
	"time"

	"github.com/easel-live/easel/sfu/packet"
)

func vp8(t *testing.T, id uint16, tl0, key uint8) *packet.VP8 {
	t.Helper()
	d, ok := packet.ParseVP8([]byte{0x90, 0xf0, 0x80 | byte(id>>8), byte(id), tl0, key & 0x1f, 0})
	if !ok {
		t.Fatal("bad descriptor")
	}
	return &d
}

func TestTheFirstLayerPassesUnchanged(t *testing.T) {
	var m Munger[int]
	in := In{Index: 70000, Timestamp: 5, VP8: vp8(t, 9, 8, 7)}
	m.Begin(0, in, 0)
	out, ok := m.Map(0, in)
	if !ok || out.Sequence != uint16(70000&0xffff) || out.Timestamp != 5 || out.Shift != (packet.Shift{}) {
		t.Fatalf("%+v, %v", out, ok)
	}
}

func TestASwitchIsContinuous(t *testing.T) {
	var m Munger[int]
	m.Begin(0, In{Index: 100, Timestamp: 1000, VP8: vp8(t, 0x7fff, 255, 31)}, 0)
	first, _ := m.Map(0, In{Index: 100, Timestamp: 1000, VP8: vp8(t, 0x7fff, 255, 31)})

	key := In{Index: 90000, Timestamp: 4000, VP8: vp8(t, 50, 60, 5)}
	m.Begin(1, key, 0)
	second, ok := m.Map(1, key)
	if !ok || second.Sequence != first.Sequence+1 || second.Timestamp != 4000 {
		t.Fatalf("%+v after %+v", second, first)
	}
	b := []byte{0x90, 0xf0, 0x80, 50, 60, 5, 0}
	key.VP8.Patch(b, second.Shift)
	if got, _ := packet.ParseVP8(b); got.PictureID != 0 || got.TL0PicIdx != 0 || got.KeyIdx != 0 {
		t.Fatalf("counters %+v, want 0, 0, 0", got)
	}
	if _, ok := m.Map(0, In{Index: 101, Timestamp: 2000}); ok {
		t.Error("a packet of the old layer was mapped after the switch")
	}
	if _, ok := m.Map(0, In{Index: 100, Timestamp: 1000}); !ok {
		t.Error("a packet sent before the switch cannot be sent again")
	}
	for _, want := range []struct {
		seq    uint16
		source int
		index  uint64
	}{{first.Sequence, 0, 100}, {second.Sequence, 1, 90000}} {
		if source, index, ok := m.Find(want.seq); !ok || source != want.source || index != want.index {
			t.Errorf("Find(%d) = %d, %d, %v", want.seq, source, index, ok)
		}
	}
	if _, _, ok := m.Find(second.Sequence + 1); ok {
		t.Error("found a packet that was never sent")
	}
}

func TestTheSamePictureOnAnotherLayerComesOneTickLater(t *testing.T) {
	var m Munger[int]
	m.Begin(0, In{Index: 1, Timestamp: 1000}, 0)
	m.Map(0, In{Index: 1, Timestamp: 1000})
	m.Begin(1, In{Index: 1, Timestamp: 1000}, 0)
	for _, c := range []struct{ in, want uint32 }{{1000, 1001}, {1000, 1001}, {4000, 4000}} {
		out, ok := m.Map(1, In{Index: uint64(c.want), Timestamp: c.in})
		if !ok || out.Timestamp != c.want {
			t.Errorf("%d became %d (%v), want %d", c.in, out.Timestamp, ok, c.want)
		}
	}
}

func TestAlign(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(1_000_000 + ms)) }
	base := Change{LastOut: 90000, LastArrival: at(0), InArrival: at(1000), Rate: 90000}

	shared := base
	shared.In = 180000
	if got := Align(shared); got != 0 {
		t.Errorf("a shared time base moved by %d", got)
	}
	arrival := base
	arrival.In = 7_000_000
	if got := Align(arrival) + arrival.In; got != 180000 {
		t.Errorf("by arrival: %d, want 180000", got)
	}
	reports := arrival
	reports.From = Clock{RTP: 90000, Wall: at(-5)} // the old layer was 5 ms in the network
	reports.To = Clock{RTP: 7_000_000, Wall: at(990)}
	if got := Align(reports) + reports.In; got != 90000+995*90 {
		t.Errorf("by reports: %d, want %d", got, 90000+995*90)
	}
}

// FuzzMunger drives a munger with arbitrary switches and packets and checks
// that what was sent is found again, and that new packets only move forward.
func FuzzMunger(f *testing.F) {
	f.Add([]byte{0, 1, 2, 200, 3, 4, 5, 201, 1, 1})
	f.Add([]byte{255, 255, 0, 0, 128, 7, 250})
	f.Fuzz(func(t *testing.T, script []byte) {
		var m Munger[int]
		index := [2]uint64{70000, 130000}
		source, began := 0, false
		ts := uint32(1)
		for _, b := range script {
			index[source] += uint64(b%4) + 1
			ts += uint32(b)
			in := In{Index: index[source], Timestamp: ts, VP8: &packet.VP8{Size: 1}}
			if b >= 192 || !began {
				if began {
					source = 1 - source
					in.Index = index[source]
				}
				m.Begin(source, in, 0)
				began = true
			}
			before := m.next
			out, ok := m.Map(source, in)
			if !ok {
				t.Fatal("a packet of the current segment was refused")
			}
			if m.next < before {
				t.Fatal("the stream went back")
			}
			if s, i, ok := m.Find(out.Sequence); !ok || s != source || i != in.Index {
				t.Fatalf("Find(%d) = %d, %d, %v; want %d, %d", out.Sequence, s, i, ok, source, in.Index)
			}
		}
		for seq := range 100 {
			m.Find(uint16(seq * 655))
		}
	})
}
