package sfu

import "time"

const (
	// wantMargin is by how much a path is explored beyond what is needed.
	wantMargin = 1.3
	// wantAtLeast keeps a path explored while the screen rests, in bits per
	// second.
	wantAtLeast = 1_000_000
)

// balance gives each of the viewer's tracks the layers that the path carries,
// and looks for more when more is wanted.
func (p *Peer) balance(now time.Time) {
	var tracks []*downTrack
	var wishes []wish
	wanted := 0
	for _, s := range p.subscriptions() {
		if w, ok := s.down.wish(); ok {
			tracks, wishes = append(tracks, s.down), append(wishes, w)
			top := w.next(Off)
			for up := top; up != Off && up <= w.most; up = w.next(up) {
				top = up
			}
			if top != Off {
				wanted += w.needs[top]
			}
		}
	}
	if len(tracks) == 0 {
		return
	}
	probes := p.path.tick(now, max(int(wantMargin*float64(wanted)), wantAtLeast))
	budget, known := p.path.budget(now)
	if !known {
		return
	}
	given := make([]Quality, len(wishes))
	allocate(budget, wishes, given)
	least := 0
	for i, d := range tracks {
		if w := wishes[i]; given[i] != Off {
			least += w.needs[max(min(given[i], w.most), Low)]
		}
		if given[i] != wishes[i].has {
			p.path.changed(given[i] > wishes[i].has, now)
			p.limit(d, given[i])
		}
		d.note(budget.carried)
	}
	p.path.sendsAtLeast(least)
	if probes {
		tracks[0].wake()
	}
}

// limit sets the best quality that a track may have, and tells the client when
// that pauses or resumes it.
func (p *Peer) limit(d *downTrack, q Quality) {
	d.mu.Lock()
	was := d.limit
	d.limit = q
	d.aim()
	d.mu.Unlock()
	if (was == Off) != (q == Off) {
		id, paused := d.pub.spec.ID, q == Off
		p.events.push(func(o PeerObserver) { o.OnStreamState(id, paused) })
	}
}

// wish is what the track needs; ok is false when it takes no part in the
// allocation.
func (d *downTrack) wish() (w wish, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.pub.spec.Video || !d.isReady || !d.isPlaying || d.isClosed || d.pref.Disabled {
		return w, false
	}
	choices := d.pub.choices()
	w.most, w.has = choose(d.pref, choices[:]), d.limit
	for q, l := range d.pub.layers.Load() {
		if l != nil {
			w.exists[q], w.needs[q] = true, l.meter.need()
		}
	}
	if w.has > w.most {
		w.has = w.most
	}
	return w, true
}

// note tells the layer being watched what this viewer's path carries.
func (d *downTrack) note(bitsPerSecond int) {
	d.mu.Lock()
	l := d.current
	d.mu.Unlock()
	if l != nil {
		l.meter.offer(bitsPerSecond)
	}
}
