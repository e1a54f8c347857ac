package depend

// writer puts descriptors together for the tests.
type writer struct {
	b  []byte
	at int // bits
}

func (w *writer) put(v uint32, n int) *writer {
	for n--; n >= 0; n-- {
		if w.at%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.at/8] |= byte(v>>n&1) << (7 - w.at%8)
		w.at++
	}
	return w
}

// below writes ns(n).
func (w *writer) below(v, n uint32) *writer {
	width := 0
	for x := n; x != 0; x >>= 1 {
		width++
	}
	if few := uint32(1)<<width - n; v >= few {
		return w.put(v+few, width)
	}
	return w.put(v, width-1)
}

// kind is a template as one writes it down: its layer, what it is to each decode
// target ("-DSR"), and how far back the frames are that it refers to.
type kind struct {
	spatial, temporal int
	targets           string
	diffs             []int
}

// fixed writes the fields that every descriptor has.
func fixed(first, end bool, template, number int) *writer {
	w := &writer{}
	return w.put(bit(first), 1).put(bit(end), 1).put(uint32(template), 6).put(uint32(number), 16)
}

func bit(v bool) uint32 {
	if v {
		return 1
	}
	return 0
}

// structure writes a template dependency structure with one chain.
func (w *writer) structure(offset int, kinds []kind, sizes [][2]int) *writer {
	targets := len(kinds[0].targets)
	w.put(uint32(offset), 6).put(uint32(targets-1), 5)
	for i, k := range kinds {
		next := uint32(3)
		if i+1 < len(kinds) {
			switch n := kinds[i+1]; {
			case n.spatial > k.spatial:
				next = 2
			case n.temporal > k.temporal:
				next = 1
			default:
				next = 0
			}
		}
		w.put(next, 2)
	}
	for _, k := range kinds {
		w.kinds(k.targets)
	}
	for _, k := range kinds {
		for _, d := range k.diffs {
			w.put(1, 1).put(uint32(d-1), 4)
		}
		w.put(0, 1)
	}
	w.below(1, uint32(targets)+1)
	for range targets {
		w.below(0, 1)
	}
	for range kinds {
		w.put(1, 4)
	}
	w.put(bit(len(sizes) > 0), 1)
	for _, s := range sizes {
		w.put(uint32(s[0]-1), 16).put(uint32(s[1]-1), 16)
	}
	return w
}

func (w *writer) kinds(targets string) *writer {
	for _, t := range targets {
		w.put(map[rune]uint32{'-': 0, 'D': 1, 'S': 2, 'R': 3}[t], 2)
	}
	return w
}

// The structures of the specification's examples (section A.10), with a keyframe
// template for each spatial layer.
var (
	l1t3 = []kind{
		{0, 0, "SSS", nil},
		{0, 0, "SSS", []int{4}},
		{0, 1, "-DS", []int{2}},
		{0, 2, "--D", []int{1}},
	}
	// Frames alternate between the layers; only keyframes are predicted across.
	l2t1Key = []kind{
		{0, 0, "SS", nil},
		{0, 0, "S-", []int{2}},
		{1, 0, "-S", []int{1}},
		{1, 0, "-S", []int{2}},
	}
	l2t1 = []kind{
		{0, 0, "SS", nil},
		{0, 0, "SS", []int{2}},
		{1, 0, "-S", []int{1}},
		{1, 0, "-S", []int{1, 2}},
	}
)
