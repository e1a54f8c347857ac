package depend

import "github.com/easel-live/easel/sfu/packet"

const (
	// memory is how many frames back references are known, a power of two.
	memory = 128
	// reordered is how many frames late a packet may be: an older structure that
	// comes within them does not replace a newer one.
	reordered = 256
)

// Reader follows the descriptors of one stream. The zero Reader is ready.
type Reader struct {
	structure *structure
	since     uint16 // frame that brought it
	active    uint32 // rungs that the sender produces
	frames    [memory]struct {
		number uint16
		in     uint32
	}
}

// Ladder is the stream's as of the last descriptor, nil before it is known.
func (d *Reader) Ladder() *Ladder {
	if d.structure == nil {
		return nil
	}
	return d.structure.ladder
}

// Active are the rungs that the sender produces at the moment.
func (d *Reader) Active() uint32 { return d.active }

// Read takes a packet's descriptor (section A.8). ok is false when it is cut
// short, or refers to a structure that never came: then nothing changed.
func (d *Reader) Read(b []byte) (s packet.Steps, ok bool) {
	r := bits{b: b}
	s.First, s.End = r.flag(), r.flag()
	id, number := r.read(6), uint16(r.read(16))
	st, active := d.structure, d.active
	var custom struct{ kinds, diffs bool }
	isNew := false
	if len(b) > 3 {
		hasStructure, hasActive := r.flag(), r.flag()
		custom.kinds, custom.diffs = r.flag(), r.flag()
		r.flag() // chains of its own come last, and are not looked at
		if hasStructure {
			if st = readStructure(&r); st == nil {
				return packet.Steps{}, false
			}
			late := int16(number - d.since)
			isNew = d.structure == nil || late >= 0 || late < -reordered
			active = 1<<st.targets - 1
		}
		if hasActive && st != nil {
			active = st.rungs(r.read(st.targets))
		}
	}
	if st == nil {
		return packet.Steps{}, false
	}
	index := int(id+maxTemplates-st.offset) % maxTemplates
	if index >= len(st.templates) {
		return packet.Steps{}, false
	}
	t := &st.templates[index]
	s.Spatial, s.In, s.Switch = t.spatial, t.in, t.switches
	if custom.kinds {
		var kinds [maxTargets]uint8
		for i := range st.targets {
			kinds[i] = uint8(r.read(2))
		}
		s.In, s.Switch = st.sets(kinds[:st.targets])
	}
	s.Base = 1<<st.targets - 1
	if custom.diffs {
		for size := r.read(2); size > 0; size = r.read(2) {
			s.Base &= d.having(number - uint16(r.read(4*int(size))) - 1)
		}
	} else {
		for _, back := range t.diffs {
			s.Base &= d.having(number - back)
		}
	}
	if r.short {
		return packet.Steps{}, false
	}
	if isNew {
		if d.structure != nil && st.ladder.equals(d.structure.ladder) {
			st.ladder = d.structure.ladder
		}
		d.structure, d.since = st, number
	}
	if st == d.structure {
		d.active = active
	}
	f := &d.frames[number%memory]
	f.number, f.in = number, s.In
	return s, true
}

// having are the rungs whose viewers have a frame.
func (d *Reader) having(number uint16) uint32 {
	if f := &d.frames[number%memory]; f.number == number {
		return f.in
	}
	return 0
}

// rungs turns a set of decode targets into one of rungs.
func (s *structure) rungs(targets uint32) (set uint32) {
	for t := range s.targets {
		if targets>>t&1 != 0 {
			set |= 1 << s.rung[t]
		}
	}
	return set
}
