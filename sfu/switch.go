package sfu

import (
	"time"

	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/ring"
)

// maxResume is how many packets a viewer that was paused is given at once to
// carry on where it was.
const maxResume = 64

// prefer changes how the viewer wants the track.
func (d *downTrack) prefer(p Preference) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pref = p
	d.aim()
}

// retarget looks again which layer suits, after layers came or went.
func (d *downTrack) retarget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aim()
}

// aim makes the layer that suits the target. The caller holds d.mu.
func (d *downTrack) aim() {
	d.learnFormats()
	defer d.attend()
	if !d.isReady || d.isClosed {
		return
	}
	choices := d.view(false)
	pref := d.pref
	pref.MaxQuality = min(pref.MaxQuality, d.limit)
	q := choose(pref, choices[:])
	if q == Off || !d.isPlaying {
		d.pause()
		return
	}
	d.follow(choices[q].layer)
}

// follow has the shard join want: at once if its ring has all since a keyframe,
// else with the next one. The caller holds d.mu.
func (d *downTrack) follow(want *layer) {
	if want == nil || want == d.target {
		return
	}
	if old := d.target; old != nil && old != d.current {
		old.leave(d)
	}
	d.target = nil
	if want == d.current {
		return
	}
	d.target, d.needsKey = want, true
	want.follow(d)
	d.wake()
}

// pause stops sending and keeps the cursor, so that a short pause costs no
// keyframe.
func (d *downTrack) pause() {
	if d.target != nil {
		d.target.leave(d)
		d.target = nil
	}
	if d.current != nil {
		d.current.leave(d)
		d.paused, d.current = d.current, nil
	}
}

// join makes l the current layer if its ring has a keyframe to start from that
// is not older than what the viewer has seen.
func (d *downTrack) join(l *layer) bool {
	l.ring.RLock()
	defer l.ring.RUnlock()
	if d.current == nil && d.paused == l && d.next >= l.ring.Oldest() && l.ring.Head() < d.next+maxResume {
		d.current, d.target, d.paused = l, nil, nil
		return true
	}
	key := l.ring.Complete(maxBurstFrames)
	if key == nil || key.Index < l.past.Load() {
		return false
	}
	offset, ok := d.align(l, key)
	if !ok {
		return false
	}
	d.munger.Begin(l, munge.In{Index: key.Index, Timestamp: key.Timestamp, VP8: &key.VP8}, offset)
	old := d.current
	d.current, d.target, d.paused, d.next, d.began = l, nil, nil, key.Index, key.Index
	d.settle(l)
	d.header.PayloadType = d.formats[l.rendition].payloadType
	if old != nil && old != l {
		old.leave(d)
	}
	return true
}

// align is the timestamp offset for joining l at key. ok is false when the
// keyframe lies in the viewer's past.
func (d *downTrack) align(l *layer, key *ring.Packet) (offset uint32, ok bool) {
	if !d.munger.Started() {
		return 0, true
	}
	last, before := d.munger.Last()
	change := munge.Change{
		LastOut: last, LastArrival: d.lastSent, Offset: before,
		In: key.Timestamp, InArrival: key.Arrival, Rate: l.rate,
	}
	if from := d.munger.Source(); from != nil {
		if c := from.clock.Load(); c != nil {
			change.From = *c
		}
	}
	if c := l.clock.Load(); c != nil {
		change.To = *c
	}
	offset = munge.Align(change)
	if int32(key.Timestamp+offset-last) < 0 {
		return 0, false
	}
	return offset, offset == before || !key.Arrival.Before(d.lastSent)
}

// tick does what is due: it repeats a request for a keyframe that did not come,
// leaves a layer that ran dry, and reports to the viewer.
func (d *downTrack) tick(now time.Time) (report bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isReady || d.isClosed {
		return false
	}
	switch {
	case d.target != nil:
		d.target.wantKeyframe(now)
	case d.current != nil:
		d.settled(d.current, now)
		if d.mendTail(now); d.current == nil {
			break
		}
		if other := d.substitute(d.current, now); other != nil {
			d.follow(other)
			d.attend()
		} else {
			d.wantStep(d.current, now)
			d.aim()
		}
	default:
		d.aim()
	}
	return d.packets > 0 && now.Sub(d.reported) >= reportSpacing
}
