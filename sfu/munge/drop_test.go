package munge

import (
	"testing"

	"github.com/easel-live/easel/sfu/packet"
)

// TestWhatIsLeftOutClosesUp leaves every other frame of two packets out, loses
// some, and asks for all of them again.
func TestWhatIsLeftOutClosesUp(t *testing.T) {
	var m Munger[int]
	const first = 70001
	m.Begin(0, In{Index: first, VP8: vp8(t, 0x7ffe, 1, 1)}, 0)
	lost := map[uint64]bool{first + 8: true, first + 11: true} // of a frame that is sent, and of one that is not
	var last Out
	sent := map[uint16]uint64{}
	for i := range uint64(400) {
		frame := i / 2
		in := In{Index: first + i, Timestamp: uint32(frame) * 3000, VP8: vp8(t, uint16(0x7ffe+frame)&0x7fff, 1, 1)}
		if lost[in.Index] {
			continue
		}
		if frame%2 == 1 {
			m.Drop(0, in)
			continue
		}
		out, ok := m.Map(0, in)
		if !ok {
			t.Fatalf("packet %d has no place", i)
		}
		gap := uint64(1)
		if i == 9 || i == 12 { // one was lost before it
			gap = 2
		}
		if i > 0 && out.Index != last.Index+gap {
			t.Fatalf("packet %d: %d after %d", i, out.Index, last.Index)
		}
		if id := (in.VP8.PictureID + out.Shift.PictureID) & 0x7fff; id != uint16(0x7ffe+frame/2)&0x7fff {
			t.Fatalf("frame %d is picture %x", frame, id)
		}
		last, sent[out.Sequence] = out, in.Index
	}
	late, ok := m.Map(0, In{Index: first + 8, VP8: vp8(t, 2, 1, 1)})
	if source, index, found := m.Find(late.Sequence); !ok || !found || source != 0 || index != first+8 {
		t.Fatalf("a late packet has no place of its own: %+v %v, %d %v", late, ok, index, found)
	}
	if sent[late.Sequence] != 0 {
		t.Error("its place was given away")
	}
	if _, ok := m.Map(0, In{Index: first + 2, VP8: vp8(t, 0x7fff, 1, 1)}); ok {
		t.Error("what was left out has a place")
	}
	before := m
	m.Drop(0, In{Index: first + 8})
	m.Drop(1, In{Index: first + 9000})
	if m.next != before.next || m.count != before.count {
		t.Error("a late packet, or another source's, left a mark")
	}
	for back := range uint16(200) {
		sequence := last.Sequence - back
		if index, was := sent[sequence]; was {
			if _, found, ok := m.Find(sequence); !ok || found != index {
				t.Fatalf("%d back: packet %d, %v; want %d", back, found, ok, index)
			}
		}
	}
}

// FuzzDrop leaves packets out and loses others, and checks that no two packets
// share a sequence number, and that each is found by its own.
func FuzzDrop(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 1, 1, 2, 2, 0, 3, 1, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		var m Munger[int]
		script = script[:min(len(script), 100)]
		const first = 66000
		m.Begin(0, In{Index: first, VP8: &packet.VP8{}}, 0)
		sent := map[uint64]uint64{}
		send := func(index uint64) {
			out, ok := m.Map(0, In{Index: index, VP8: &packet.VP8{}})
			if !ok {
				t.Fatalf("no place for %d", index)
			}
			if other, taken := sent[out.Index]; taken && other != index {
				t.Fatalf("%d and %d share %d", other, index, out.Index)
			}
			sent[out.Index] = index
			if _, found, ok := m.Find(out.Sequence); !ok || found != index {
				t.Fatalf("Find gives %d, %v; want %d", found, ok, index)
			}
		}
		send(first)
		var late []uint64
		for i, what := range script {
			index := first + 1 + uint64(i)
			switch what % 3 {
			case 0:
				send(index)
			case 1:
				m.Drop(0, In{Index: index, VP8: &packet.VP8{}})
			default:
				late = append(late, index)
			}
		}
		send(first + 1 + uint64(len(script)))
		for _, index := range late {
			send(index)
		}
	})
}
