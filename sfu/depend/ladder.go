package depend

import (
	"cmp"
	"slices"
)

// Rung is a part of a stream that can be decoded alone.
type Rung struct {
	Spatial, Temporal uint8
	Width, Height     int // pixels; 0: not told
}

func (r Rung) compare(o Rung) int {
	if c := cmp.Compare(r.Spatial, o.Spatial); c != 0 {
		return c
	}
	return cmp.Compare(r.Temporal, o.Temporal)
}

// Ladder are the rungs of a stream, the poorest first. It is never changed.
type Ladder struct {
	Rungs []Rung
	// Within has, for each rung, the set of those that contain all its frames:
	// their viewers can step down to it anywhere.
	Within []uint32
}

func (l *Ladder) equals(o *Ladder) bool {
	return slices.Equal(l.Rungs, o.Rungs) && slices.Equal(l.Within, o.Within)
}

// Top is the richest rung.
func (l *Ladder) Top() uint8 { return uint8(len(l.Rungs) - 1) }

// Spatials is the number of spatial layers.
func (l *Ladder) Spatials() int { return int(l.Rungs[l.Top()].Spatial) + 1 }

// Temporal is the ladder of a stream with n temporal layers and no others.
func Temporal(n int) *Ladder {
	l := &Ladder{Rungs: make([]Rung, n), Within: make([]uint32, n)}
	for i := range n {
		l.Rungs[i].Temporal = uint8(i)
		l.Within[i] = (1<<n - 1) &^ (1<<i - 1)
	}
	return l
}
