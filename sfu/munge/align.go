package munge

import "time"

// Clock ties RTP timestamps of one source to wall time, as its sender reports
// do (RFC 3550 section 6.4.1). The zero value knows nothing.
type Clock struct {
	RTP  uint32
	Wall time.Time
}

// Change is what is known when a viewer goes from one layer to another.
type Change struct {
	LastOut     uint32    // newest output timestamp
	LastArrival time.Time // when its packet came
	Offset      uint32    // what was added to get LastOut
	In          uint32    // timestamp of the new layer's first frame
	InArrival   time.Time
	From, To    Clock  // of the layers, when reports came
	Rate        uint32 // ticks per second
}

// Align is the offset for the new layer. Layers that share a time base, as
// those of one encoder do, keep the offset they have. Others are aligned by
// sender reports, or, without them, by arrival.
func Align(c Change) uint32 {
	elapsed := ticks(c.InArrival.Sub(c.LastArrival), c.Rate)
	shared := int64(int32(c.In + c.Offset - c.LastOut))
	if slack := int64(c.Rate) / 2; shared-elapsed < slack && elapsed-shared < slack {
		return c.Offset
	}
	if !c.From.Wall.IsZero() && !c.To.Wall.IsZero() {
		between := ticks(c.To.Wall.Sub(c.From.Wall), c.Rate)
		return c.Offset + c.From.RTP + uint32(between) - c.To.RTP
	}
	return c.LastOut + uint32(max(elapsed, 1)) - c.In
}

// SharedBase says whether Align would keep the offset.
func SharedBase(c Change) bool { return Align(c) == c.Offset }

func ticks(d time.Duration, rate uint32) int64 {
	return int64(d/time.Microsecond) * int64(rate) / 1e6
}
