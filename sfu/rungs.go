package sfu

import (
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/easel-live/easel/sfu/depend"
	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/ring"
)

const (
	// anyRung is the top of whatever ladder.
	anyRung = 255
	// stepSpacing is how often a keyframe is asked for that a change of rungs
	// needs.
	stepSpacing = time.Second
)

// vp8Ladder is that of every VP8 stream with temporal layers: rungs that the
// publisher does not use are like the one below.
var vp8Ladder = depend.Temporal(packet.VP8Rungs)

// rungs are the parts of a layer's stream that can be decoded alone, when it has
// temporal or spatial layers within.
type rungs struct {
	ladder *depend.Ladder
	active atomic.Uint32 // a bit for each that the publisher produces
	meters []meter
}

// divide takes what the publisher says of the stream's rungs.
func (l *layer) divide(ladder *depend.Ladder, active uint32) {
	r := l.rungs.Load()
	if r == nil || r.ladder != ladder {
		r = &rungs{ladder: ladder, meters: make([]meter, len(ladder.Rungs))}
		r.active.Store(active)
		l.rungs.Store(r)
		return
	}
	r.active.Store(active)
}

// measure ends a tick of the meters. One goroutine calls it.
func (l *layer) measure() {
	l.meter.tick()
	if r := l.rungs.Load(); r != nil {
		for i := range r.meters {
			r.meters[i].tick()
		}
	}
}

// add counts a packet on all rungs that it is part of.
func (r *rungs) add(in uint32, size int) {
	for ; in != 0; in &= in - 1 {
		if i := bits.TrailingZeros32(in); i < len(r.meters) {
			r.meters[i].bytes.Add(int64(size))
		}
	}
}

// reach is the best rung not above most that the publisher produces.
func (r *rungs) reach(most uint8) uint8 {
	most = min(most, r.ladder.Top())
	active := r.active.Load()
	if below := active & (2<<most - 1); below != 0 {
		return uint8(bits.Len32(below) - 1)
	}
	return min(uint8(bits.TrailingZeros32(active)), r.ladder.Top())
}

// settle has a viewer that starts from a keyframe follow the rung it may have.
// The caller holds d.mu.
func (d *downTrack) settle(l *layer) {
	d.rung, d.spatial = 0, 0
	if r := l.rungs.Load(); r != nil {
		d.stand(r, r.reach(d.mostRung))
	}
}

func (d *downTrack) stand(r *rungs, rung uint8) {
	d.rung, d.spatial = rung, r.ladder.Rungs[rung].Spatial
}

// admits says whether p is part of the rung that the viewer follows; the first
// packet of a frame may be where it changes to another. The caller holds d.mu.
func (d *downTrack) admits(l *layer, p *ring.Packet) bool {
	if r := l.rungs.Load(); r != nil && p.Steps.First && p.Index >= d.next {
		d.step(r, &p.Steps)
	}
	return p.Steps.In>>d.rung&1 != 0
}

// step goes towards the rung that the viewer may have, as far as the frame
// allows: down at once where the rung is a part of the one above, else where the
// publisher says that it can be joined.
func (d *downTrack) step(r *rungs, s *packet.Steps) {
	want := r.reach(d.mostRung)
	switch {
	case d.rung == want:
	case d.rung > r.ladder.Top() || s.Leads(d.rung, want):
		d.stand(r, want)
	case want > d.rung:
		for to := want - 1; to > d.rung; to-- {
			if s.Leads(d.rung, to) {
				d.stand(r, to)
			}
		}
	default:
		for to := want; to < d.rung; to++ {
			if r.ladder.Within[to]>>d.rung&1 != 0 {
				d.stand(r, to)
			}
		}
	}
}

// wantStep asks for the keyframe without which the viewer does not get to the
// spatial layer it may have. The caller holds d.mu.
func (d *downTrack) wantStep(l *layer, now time.Time) {
	r := l.rungs.Load()
	if r == nil || d.rung > r.ladder.Top() || now.Sub(d.stepAsked) < stepSpacing {
		return
	}
	want := r.reach(d.mostRung)
	if up := r.ladder.Rungs[want].Spatial; up > d.spatial || up < d.spatial && r.ladder.Within[want]>>d.rung&1 == 0 {
		d.stepAsked = now
		l.wantKeyframe(now)
	}
}

// endsPicture says whether p is the last packet of what the viewer gets of a
// picture: the spatial layers above are left out.
func (d *downTrack) endsPicture(p *ring.Packet) bool {
	return p.Marker || p.Steps.End && p.Steps.Spatial >= d.spatial
}
