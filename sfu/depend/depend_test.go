package depend

import (
	"testing"

	"github.com/easel-live/easel/sfu/packet"
)

// opening is a keyframe's descriptor, with a structure.
func opening(number int, kinds []kind, sizes ...[2]int) []byte {
	w := fixed(true, true, 5, number).put(0b10000, 5)
	return w.structure(5, kinds, sizes).b
}

func read(t *testing.T, d *Reader, b []byte) packet.Steps {
	t.Helper()
	s, ok := d.Read(b)
	if !ok {
		t.Fatalf("% x was refused", b)
	}
	return s
}

// next reads a frame of the nth template.
func next(t *testing.T, d *Reader, template, number int) packet.Steps {
	t.Helper()
	return read(t, d, fixed(true, true, 5+template, number).b)
}

func TestTemporalLayers(t *testing.T) {
	var d Reader
	if _, ok := d.Read(fixed(true, true, 5, 7).b); ok {
		t.Fatal("a frame was understood before its structure came")
	}
	key := read(t, &d, opening(65534, l1t3, [2]int{1280, 720}))
	if !key.First || !key.End || key.In != 0b111 || !key.Leads(0, 2) || !key.Leads(2, 0) {
		t.Fatalf("keyframe: %+v", key)
	}
	want := Ladder{Rungs: []Rung{{0, 0, 1280, 720}, {0, 1, 1280, 720}, {0, 2, 1280, 720}}, Within: []uint32{0b111, 0b110, 0b100}}
	if got := d.Ladder(); !got.equals(&want) || got.Top() != 2 || got.Spatials() != 1 || d.Active() != 0b111 {
		t.Fatalf("ladder %+v, active %b", got, d.Active())
	}
	// T2, T1, T2, then T0 again, across the end of the frame numbers.
	if s := next(t, &d, 3, 65535); s.In != 0b100 || s.Leads(0, 2) {
		t.Errorf("T2 is dispensable, and nothing begins with it: %+v", s)
	}
	if s := next(t, &d, 2, 0); s.In != 0b110 || !s.Leads(0, 2) || s.Leads(0, 1) {
		t.Errorf("T1 refers to T0, and the top begins with it: %+v", s)
	}
	if s := next(t, &d, 3, 1); s.In != 0b100 || s.Base != 0b110 {
		t.Errorf("T2 after T1: %+v", s)
	}
	if s := next(t, &d, 1, 2); s.In != 0b111 || !s.Leads(0, 1) {
		t.Errorf("T0: %+v", s)
	}
	if s := next(t, &d, 1, 500); s.Base != 0 {
		t.Errorf("a frame whose reference never came has viewers that can decode it: %+v", s)
	}
}

func TestSpatialLayersAreJoinedWhereTheyCanBe(t *testing.T) {
	for _, c := range []struct {
		name   string
		kinds  []kind
		within uint32 // rungs that can step down to the lower one
		lower  uint32 // rungs that the lower layer's later frames are part of
	}{
		{"predicted across at keyframes", l2t1Key, 0b01, 0b01},
		{"predicted across", l2t1, 0b11, 0b11},
	} {
		var d Reader
		if s := read(t, &d, opening(10, c.kinds, [2]int{640, 400}, [2]int{1280, 800})); !s.Leads(0, 1) {
			t.Errorf("%s: the keyframe begins no upper layer", c.name)
		}
		l := d.Ladder()
		if l.Spatials() != 2 || l.Within[0] != c.within || l.Rungs[1].Width != 1280 {
			t.Errorf("%s: %+v", c.name, l)
		}
		next(t, &d, 2, 11)
		if s := next(t, &d, 1, 12); s.In != c.lower || s.Spatial != 0 {
			t.Errorf("%s: lower %+v", c.name, s)
		}
		if s := next(t, &d, 3, 13); s.In != 0b10 || s.Spatial != 1 || s.Leads(0, 1) {
			t.Errorf("%s: upper %+v can be joined without what it refers to", c.name, s)
		}
	}
}

func TestFramesMayDifferFromTheirTemplate(t *testing.T) {
	var d Reader
	read(t, &d, opening(1, l1t3))
	ladder := d.Ladder()
	w := fixed(true, false, 5+1, 2).put(0b01110, 5).put(0b011, 3)
	w.kinds("-SD").put(1, 2).put(0, 4).put(0, 2).put(9, 8)
	s := read(t, &d, w.b)
	if s.In != 0b110 || s.Switch != 0b010 || s.Base != 0b111 || s.End {
		t.Fatalf("%+v", s)
	}
	if d.Active() != 0b011 {
		t.Errorf("active %b", d.Active())
	}
	read(t, &d, opening(3, l1t3))
	if d.Ladder() != ladder || d.Active() != 0b111 {
		t.Error("the same structure again made another ladder, or left rungs inactive")
	}
	read(t, &d, opening(4, l2t1))
	read(t, &d, opening(2, l1t3)) // late
	if d.Ladder().Spatials() != 2 {
		t.Error("an older structure replaced a newer one")
	}
	for n := range len(w.b) {
		d.Read(w.b[:n])
	}
}

// FuzzReader looks for descriptors that lead out of bounds.
func FuzzReader(f *testing.F) {
	f.Add(opening(1, l1t3, [2]int{1280, 720}), fixed(true, true, 6, 2).b)
	f.Add(opening(65535, l2t1Key), fixed(true, false, 7, 0).b)
	f.Add(opening(9, l2t1), fixed(true, true, 7, 10).put(0b01110, 5).put(3, 2).kinds("-S").put(0x7ff, 12).b)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var d Reader
		for _, b := range [][]byte{first, second, second, first} {
			s, ok := d.Read(b)
			l := d.Ladder()
			if ok && l == nil {
				t.Fatal("understood without a structure")
			}
			if l == nil {
				continue
			}
			if n := len(l.Rungs); n == 0 || n > maxTargets || len(l.Within) != n || l.Spatials() > 4 {
				t.Fatalf("%+v", l)
			}
			for i := range l.Rungs {
				if i > 0 && l.Rungs[i-1].compare(l.Rungs[i]) > 0 {
					t.Fatalf("not in order: %+v", l.Rungs)
				}
			}
			if !ok && s != (packet.Steps{}) {
				t.Fatalf("refused, and yet %+v", s)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var d Reader
	if _, ok := d.Read(opening(1, l1t3)); !ok {
		b.Fatal("refused")
	}
	frame := fixed(true, true, 7, 3).b
	b.ReportAllocs()
	for b.Loop() {
		d.Read(frame)
	}
}
