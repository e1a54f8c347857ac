package sfu

import "time"

const (
	// wantMargin is by how much a path is explored beyond what is needed.
	wantMargin = 1.3
	// wantAtLeast keeps a path explored while the screen rests, in bits per
	// second.
	wantAtLeast = 1_000_000
	// exploreFor is how long after the last packet a path is explored for all
	// that a publisher could be told to send.
	exploreFor = 10 * time.Second
)

// balance gives each of the viewer's tracks the layers that the path carries,
// looks for more when more is wanted, and tells layers what they may take.
func (p *Peer) balance(now time.Time) {
	b := &p.balancing
	b.begin()
	wanted := 0
	for _, s := range b.subs {
		if w, ok := s.down.wish(); ok {
			wanted += w.wants(now)
			b.add(s.down, w)
		}
	}
	tracks, wishes, rooms, given := b.tracks, b.wishes, b.rooms, b.given
	if len(tracks) == 0 {
		return
	}
	probes := p.path.tick(now, max(int(wantMargin*float64(wanted)), wantAtLeast))
	budget, known := p.path.budget(now)
	if !known {
		for i, d := range tracks {
			wishes[i].offer(d, wishes[i].has, maxCeiling) // nothing speaks against it
			if s := wishes[i].span(wishes[i].has); s != nil {
				d.allow(s.most)
			}
		}
		return
	}
	sum := 0
	for i := range wishes {
		sum += wishes[i].takes(wishes[i].has)
	}
	for i := range tracks {
		rooms[i] = max(budget.carried-sum+wishes[i].takes(wishes[i].has), 0)
	}
	for i, d := range tracks {
		wishes[i].fit(d, rooms[i])
	}
	allocate(budget, wishes, given)
	least := 0
	for i := range wishes {
		least += wishes[i].takes(given[i])
	}
	left := budget.total - least
	for i, d := range tracks {
		w := &wishes[i]
		if more, change := w.step(d, given[i], left, budget.mayRaise); more > 0 || change != 0 {
			left, least = left-more, least+more
			if change != 0 && given[i] == w.has {
				p.path.changed(change > 0, now)
			}
		}
		if given[i] != w.has {
			p.path.changed(given[i] > w.has, now)
			p.limit(d, given[i])
		}
		w.offer(d, given[i], rooms[i])
		p.health.less = p.health.less || given[i] < w.top()
	}
	p.path.sendsAtLeast(least)
	if probes {
		tracks[0].wake()
	}
}

// balancing is what balance works with, kept from tick to tick: a thousand
// viewers are balanced ten times a second.
type balancing struct {
	subs   []*subscription // the peer's, as of this tick
	tracks []*downTrack    // those that take part, and of each:
	wishes []wish
	rooms  []int // bits per second
	given  []Quality
}

func (b *balancing) begin() {
	b.tracks, b.wishes, b.rooms, b.given = b.tracks[:0], b.wishes[:0], b.rooms[:0], b.given[:0]
}

func (b *balancing) add(d *downTrack, w wish) {
	b.tracks, b.wishes = append(b.tracks, d), append(b.wishes, w)
	b.rooms, b.given = append(b.rooms, 0), append(b.given, Off)
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
// allocation. A layer that has never been sent, because nobody wanted it, can be
// had of a publisher that follows its audience, for as little as it is told.
func (d *downTrack) wish() (w wish, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.pub.spec.Video || !d.isReady || !d.isPlaying || d.isClosed || d.pref.Disabled {
		return w, false
	}
	choices := d.view(d.pub.peer.opts.Follows)
	w.most, w.has = choose(d.pref, choices[:]), d.limit
	for q, c := range choices {
		switch {
		case c.layer != nil:
			w.layers[q], w.exists[q], w.needs[q] = c.layer, true, c.layer.meter.need()
			if r := c.layer.rungs.Load(); r != nil {
				w.spans[q] = newSpan(r, r.suits(d.pref, c), w.next(Off) == Quality(q))
				w.needs[q] = w.spans[q].needs(w.spans[q].least)
			}
		case c.live:
			w.exists[q], w.needs[q] = true, leastDemand
		}
	}
	w.rung = d.mostRung
	if w.has > w.most {
		w.has = w.most
	}
	return w, true
}

// top is the best layer that is wanted and has come, Off when there is none.
func (w *wish) top() Quality {
	top := w.next(Off)
	for up := top; up != Off && up <= w.most; up = w.next(up) {
		top = up
	}
	return top
}

// takes is what the track takes when it is allowed q, in bits per second.
func (w *wish) takes(q Quality) int {
	if q = min(q, w.most); q < Low {
		return 0
	}
	return w.needs[q]
}

// wants is what the track could use, in bits per second: while the picture moves
// all that its publisher could be told to send.
func (w *wish) wants(now time.Time) int {
	top := w.top()
	if top == Off {
		return 0
	}
	if l := w.layers[top]; l != nil && l.demand.follows && w.isMoving(now) {
		return max(w.needs[top], l.demand.ceiling)
	}
	if s := w.span(top); s != nil {
		return s.needs(s.most)
	}
	return w.needs[top]
}

// isMoving says whether packets came on any of the layers of late: while a small
// one is watched, nothing comes on the top.
func (w *wish) isMoving(now time.Time) bool {
	for _, l := range w.layers {
		if l != nil && l.isFresh(now, exploreFor) {
			return true
		}
	}
	return false
}

// fit reckons with publishers that follow this viewer: room is what the path
// carries beside the viewer's other tracks, in bits per second.
func (w *wish) fit(d *downTrack, room int) {
	for q, l := range w.layers {
		if l == nil {
			continue
		}
		measured := w.needs[q]
		if Quality(q) > w.has && l.demand.follows {
			measured = max(measured, l.demand.floor) // it may not have been sent of late
		}
		w.needs[q] = l.demand.needs(d, room, measured)
	}
}

// offer tells the layers that the track is given, and wants, what they may take.
func (w *wish) offer(d *downTrack, given Quality, bitsPerSecond int) {
	top := w.top()
	if given = min(given, top); given < Low {
		given = top
	}
	if top == Off {
		return
	}
	if l := w.layers[top]; l != nil {
		l.demand.offer(d, bitsPerSecond)
	}
	if l := w.layers[given]; given != top && l != nil {
		l.demand.offer(d, bitsPerSecond)
	}
}
