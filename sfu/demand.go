package sfu

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// maxCeiling is what a layer is taken to need at most, whatever its
	// publisher announces, in bits per second.
	maxCeiling = 30_000_000
	// leastDemand is the least that a publisher is ever told, in bits per second.
	leastDemand = 50_000
	// demandShare of what a path carries is given to the encoder: the rest is for
	// packet headers, repairs, and for the estimate to stay true.
	demandShare = 0.93
	// peerShare makes viewers with nearly the best connection count as the best:
	// the layer is made to fit them all. Else two that are alike would take turns
	// at being sent away.
	peerShare = 0.7
	// worthShare of what the next smaller layer takes is the least at which a
	// layer is worth having: a sharp picture that comes slowly serves a canvas
	// better than a blurred one, up to a point.
	worthShare = 0.75
	// A change that lowers the demand is told when it is felt; one that raises it
	// when it is worth it and the last word is some time ago.
	demandLowers, demandRaises = 0.95, 1.1
	demandSpacing              = 300 * time.Millisecond
	// A word may get lost on the way: it is said so often, at this interval.
	demandSaid     = 3
	demandRepeated = 500 * time.Millisecond
)

// offer is what the path of one of a layer's viewers carries, in bits per second.
type offer struct {
	by   *downTrack
	bits int
}

// demand finds out how fast a layer is to be sent: as fast as its best-connected
// viewer can take it. A viewer alone so gets what its path carries, not a rung
// of a ladder. The room's goroutine alone uses it.
//
// While nobody says anything (nobody watches, nothing is sent) what was told
// last holds.
type demand struct {
	follows bool // the publisher's encoders do as they are told
	ceiling int  // the most that the layer ever takes, as announced
	floor   int  // the least at which it is worth having

	offers []offer // of this tick
	last   []offer // of the tick before
	told   int     // 0: nothing yet, the publisher sends at its ceiling
	toldAt time.Time
	said   int
}

// newDemand reads how a layer was announced, and what is below it.
func newDemand(follows bool, layers []LayerSpec, q Quality) demand {
	d := demand{follows: follows, ceiling: maxCeiling, floor: leastDemand}
	var below Quality = Off
	for _, l := range layers {
		switch {
		case l.Quality == q && l.BitsPerSecond > 0:
			d.ceiling = min(l.BitsPerSecond, maxCeiling)
		case l.Quality < q && l.Quality > below && l.BitsPerSecond > 0:
			below, d.floor = l.Quality, int(worthShare*float64(l.BitsPerSecond))
		}
	}
	d.floor = max(min(d.floor, d.ceiling), leastDemand)
	return d
}

// offer says what the path of one of those who watch the layer, or want to,
// carries.
func (d *demand) offer(by *downTrack, bitsPerSecond int) {
	if d.follows {
		d.offers = append(d.offers, offer{by, bitsPerSecond})
	}
}

// needs is what the layer takes as far as one viewer is concerned, in bits per
// second; measured is what it took of late. For those whom it follows that may
// be as little as it is worth having.
func (d *demand) needs(by *downTrack, carries, measured int) int {
	if !d.follows {
		return measured
	}
	if d.told > 0 {
		measured = min(measured, max(d.told, d.floor))
	}
	for _, o := range d.last {
		if o.by != by && float64(carries) < peerShare*float64(o.bits) {
			return measured
		}
	}
	return min(measured, d.floor)
}

// settle ends a tick and returns what to tell the publisher; ok is false when
// there is nothing new to say.
func (d *demand) settle(now time.Time) (bitsPerSecond int, ok bool) {
	d.offers, d.last = d.last[:0], d.offers
	if len(d.last) > 0 {
		if bits := d.wanted(); d.isNews(bits, now) {
			d.told, d.toldAt, d.said = bits, now, 1
			return bits, true
		}
	}
	if d.said == 0 || d.said >= demandSaid || now.Sub(d.toldAt) < time.Duration(d.said)*demandRepeated {
		return 0, false
	}
	d.said++
	return d.told, true
}

// wanted is what suits those who are best connected. Below what the layer is
// worth they are about to leave it, and it does not flood them meanwhile.
func (d *demand) wanted() int {
	best := slices.MaxFunc(d.last, func(a, b offer) int { return a.bits - b.bits }).bits
	least := best
	for _, o := range d.last {
		if float64(o.bits) >= peerShare*float64(best) {
			least = min(least, o.bits)
		}
	}
	return min(max(int(demandShare*float64(least)), leastDemand), d.ceiling)
}

func (d *demand) isNews(bits int, now time.Time) bool {
	told := d.told
	if told == 0 {
		told = d.ceiling
	}
	switch {
	case float64(bits) < demandLowers*float64(told):
		return true
	case now.Sub(d.toldAt) < demandSpacing || bits <= told:
		return false
	}
	return float64(bits) >= demandRaises*float64(told) || bits == d.ceiling
}

// tellDemand ends a tick of the layer's demand: its publisher hears, by the
// stream's SSRC, how much of it can be taken (draft-alvestrand-rmcat-remb-03).
func (l *layer) tellDemand(now time.Time) {
	bits, ok := l.demand.settle(now)
	if !ok {
		return
	}
	if up := l.source.Load(); up != nil {
		up.writeRTCP(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(bits), SSRCs: []uint32{up.ssrc}})
	}
}
