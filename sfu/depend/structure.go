package depend

// maxTemplates, maxTargets and maxDiffs bound a structure; the first two are the
// specification's. A frame that refers to more frames has no use here.
const (
	maxTemplates = 64
	maxTargets   = 32
	maxDiffs     = 16
)

// What a frame is to a decode target (section A.8.2.1, DTI).
const (
	notPresent = 0
	switchable = 2
)

// template is what frames of one kind have in common.
type template struct {
	spatial, temporal uint8
	in, switches      uint32 // by rung
	diffs             []uint16
}

// structure is the template dependency structure (section A.8.2).
type structure struct {
	offset    uint32 // of template identifiers
	targets   int
	chains    int
	rung      [maxTargets]uint8 // of each decode target
	templates []template
	ladder    *Ladder
}

// readStructure returns nil when the bits are cut short or contradict
// themselves.
func readStructure(r *bits) *structure {
	s := &structure{offset: r.read(6), targets: int(r.read(5)) + 1}
	if !s.readLayers(r) {
		return nil
	}
	kinds := make([][maxTargets]uint8, len(s.templates))
	for i := range kinds {
		for t := range s.targets {
			kinds[i][t] = uint8(r.read(2))
		}
	}
	for i := range s.templates {
		for r.flag() {
			if len(s.templates[i].diffs) == maxDiffs {
				return nil
			}
			s.templates[i].diffs = append(s.templates[i].diffs, uint16(r.read(4))+1)
		}
	}
	if s.chains = int(r.below(uint32(s.targets) + 1)); s.chains > 0 {
		for range s.targets {
			r.below(uint32(s.chains))
		}
		for range len(s.templates) * s.chains {
			r.read(4)
		}
	}
	var sizes [4][2]int
	if r.flag() {
		for i := range s.spatials() {
			w, h := r.read(16), r.read(16)
			sizes[i] = [2]int{int(w) + 1, int(h) + 1}
		}
	}
	if r.short {
		return nil
	}
	s.order(kinds, sizes)
	return s
}

// readLayers reads the layer of each template: they come in order.
func (s *structure) readLayers(r *bits) bool {
	var at template
	for {
		if len(s.templates) == maxTemplates || r.short {
			return false
		}
		s.templates = append(s.templates, at)
		switch r.read(2) {
		case 1:
			at.temporal++
		case 2:
			at.temporal, at.spatial = 0, at.spatial+1
		case 3:
			return true
		}
		if at.spatial > 3 || at.temporal > 7 {
			return false
		}
	}
}

func (s *structure) spatials() int { return int(s.templates[len(s.templates)-1].spatial) + 1 }

// order makes the ladder: a rung for each decode target.
func (s *structure) order(kinds [][maxTargets]uint8, sizes [4][2]int) {
	l := &Ladder{Rungs: make([]Rung, s.targets), Within: make([]uint32, s.targets)}
	targets := make([]Rung, s.targets) // by the specification's order
	for t := range targets {
		for i, kind := range kinds {
			if kind[t] != notPresent {
				targets[t].Spatial = max(targets[t].Spatial, s.templates[i].spatial)
				targets[t].Temporal = max(targets[t].Temporal, s.templates[i].temporal)
			}
		}
		size := sizes[targets[t].Spatial]
		targets[t].Width, targets[t].Height = size[0], size[1]
	}
	for t := range targets {
		place := 0
		for other := range targets {
			if c := targets[other].compare(targets[t]); c < 0 || c == 0 && other < t {
				place++
			}
		}
		s.rung[t], l.Rungs[place] = uint8(place), targets[t]
	}
	for i := range s.templates {
		s.templates[i].in, s.templates[i].switches = s.sets(kinds[i][:s.targets])
	}
	for low := range l.Within {
		l.Within[low] = 1<<s.targets - 1
		for _, t := range s.templates {
			if t.in>>low&1 != 0 {
				l.Within[low] &= t.in
			}
		}
	}
	s.ladder = l
}

// sets turns what a frame is to each decode target into sets of rungs.
func (s *structure) sets(kinds []uint8) (in, switches uint32) {
	for t, kind := range kinds {
		if kind != notPresent {
			in |= 1 << s.rung[t]
		}
		if kind == switchable {
			switches |= 1 << s.rung[t]
		}
	}
	return in, switches
}
