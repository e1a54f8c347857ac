package depend

// bits reads fields of bits, most significant first. Past the end it reads zeros
// and is short.
type bits struct {
	b     []byte
	at    int // bits
	short bool
}

func (r *bits) read(n int) (v uint32) {
	if r.at+n > 8*len(r.b) {
		r.short, r.at = true, 8*len(r.b)
		return 0
	}
	for ; n > 0; n-- {
		v = v<<1 | uint32(r.b[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v
}

func (r *bits) flag() bool { return r.read(1) != 0 }

// below reads a number less than n, the specification's ns(n): the small ones
// take a bit less when n is no power of two.
func (r *bits) below(n uint32) uint32 {
	width, x := 0, n
	for ; x != 0; x >>= 1 {
		width++
	}
	if width == 0 {
		return 0
	}
	few := uint32(1)<<width - n
	v := r.read(width - 1)
	if v < few {
		return v
	}
	return v<<1 + r.read(1) - few
}
