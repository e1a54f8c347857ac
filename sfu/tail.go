package sfu

import "time"

const (
	// tailAfter is how long after the last packet a viewer's report tells
	// whether it arrived: shorter, and the packet may still be under way.
	tailAfter = 200 * time.Millisecond
	// unseenAfter is how long a viewer may be silent about a stream that has
	// begun and fallen still, before it is begun again.
	unseenAfter = time.Second
	maxTail     = 32 // packets sent again at once
	maxTails    = 8  // repairs of one stillness
)

// tail mends the end of a burst. Loss is noticed by what comes after it, and
// after the last packet before a stillness nothing comes: without this a viewer
// would keep a stale picture for as long as nobody draws, or none at all if the
// first packets came before its browser had the keys to open them.
type tail struct {
	still    time.Time // when the stillness began that is being mended
	mendedAt time.Time
	mends    int
}

// allow says whether to mend now: a few times in one stillness, not at once again.
func (t *tail) allow(now, still time.Time, spacing time.Duration) bool {
	if !t.still.Equal(still) {
		*t = tail{still: still}
	}
	if t.mends >= maxTails || now.Sub(t.mendedAt) < spacing {
		return false
	}
	t.mends++
	t.mendedAt = now
	return true
}

// mendTail compares what was sent last with what the viewer reports. The caller
// holds d.mu.
func (d *downTrack) mendTail(now time.Time) {
	if d.current == nil || d.packets == 0 {
		return
	}
	switch sent := d.header.SequenceNumber; {
	case !d.stillness.reported:
		if now.Sub(d.lastSent) >= unseenAfter && d.tail.allow(now, d.lastSent, unseenAfter) {
			d.current, d.target, d.needsKey = nil, d.current, true
			d.wake()
		}
	case d.stillness.lacks(d.lastSent, sent) && d.tail.allow(now, d.lastSent, tailAfter):
		for back := min(sent-d.stillness.heard, maxTail); back > 0; back-- {
			d.wanted = append(d.wanted, sent-back+1)
		}
		d.wake()
	}
}
