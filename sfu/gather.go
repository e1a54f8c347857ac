package sfu

import "time"

const (
	// gatherTime bounds how long a packet waits for the rest of its frame, of
	// which a viewer sees nothing before the last packet is there. A frame comes
	// in one burst unless the publisher's way is slow.
	gatherTime = time.Millisecond
	// gatherPackets of a long frame go without waiting for its end: few enough
	// to start early, enough to leave in one message each viewer.
	gatherPackets = 16
)

// gather decides when the shards hear of the packets that a layer received: at
// the end of each frame, so that a frame's packets to one viewer leave together.
// One goroutine uses it, the uplink's.
type gather struct {
	waiting int       // packets that the shards were not told of
	since   time.Time // when the first of them came
	timer   *time.Timer
}

// ready takes note of a packet and says whether it is time. A packet after
// which none comes for gatherTime is told of by the timer.
func (g *gather) ready(l *layer, ends bool, now time.Time) bool {
	g.waiting++
	if ends || g.waiting >= gatherPackets || g.waiting > 1 && now.Sub(g.since) >= gatherTime {
		if g.timer != nil && g.waiting > 1 {
			g.timer.Stop()
		}
		g.waiting = 0
		return true
	}
	if g.waiting > 1 {
		return false
	}
	g.since = now
	if g.timer == nil {
		g.timer = time.AfterFunc(gatherTime, l.advance)
	} else {
		g.timer.Reset(gatherTime)
	}
	return false
}
