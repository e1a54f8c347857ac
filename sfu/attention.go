package sfu

import (
	"sync"
	"time"
)

// neglect is how long a layer goes unwatched before its publisher is told:
// whoever looks away for a moment, or changes layers, costs no keyframe.
const neglect = 1500 * time.Millisecond

// layerSet is a set of qualities.
type layerSet uint8

const allLayers layerSet = 1<<qualities - 1

func (s layerSet) has(q Quality) bool { return q >= Low && s&(1<<q) != 0 }

func (s layerSet) with(q Quality) layerSet {
	if q < Low {
		return s
	}
	return s | 1<<q
}

// list are the qualities of the set, lowest first.
func (s layerSet) list() []Quality {
	list := make([]Quality, 0, qualities)
	for q := range Quality(qualities) {
		if s.has(q) {
			list = append(list, q)
		}
	}
	return list
}

// attention counts who watches which layer of a publication, and remembers what
// its publisher was told. A publisher begins by sending every layer.
type attention struct {
	mu      sync.Mutex
	viewers [qualities]int
	told    layerSet
	since   [qualities]time.Time // unwatched; zero: watched, or not noticed yet
}

// move counts a viewer's change from one set of layers to another. It returns
// the layers that are watched again, which the publisher has to be told of at
// once, and all that it is to send then.
func (a *attention) move(from, to layerSet) (again, send layerSet) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for q := range Quality(qualities) {
		switch was, is := from.has(q), to.has(q); {
		case is && !was:
			a.viewers[q]++
			a.since[q] = time.Time{}
			if !a.told.has(q) {
				again = again.with(q)
			}
		case was && !is:
			a.viewers[q]--
		}
	}
	a.told |= again
	return again, a.told
}

// tick returns what the publisher is to send from now on, and whether that has
// become less.
func (a *attention) tick(now time.Time) (send layerSet, less bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for q := range Quality(qualities) {
		switch {
		case a.viewers[q] > 0 || !a.told.has(q):
		case a.since[q].IsZero():
			a.since[q] = now
		case now.Sub(a.since[q]) >= neglect:
			a.told &^= 1 << q
			less = true
		}
	}
	return a.told, less
}

// attend counts d among those who watch the layers that it needs: what it
// shows, what it is about to show, and what it wants, be it sent now or not.
// The caller holds d.mu.
func (d *downTrack) attend() {
	var needs layerSet
	if !d.isClosed {
		choices := d.pub.offers()
		needs = needs.with(choose(d.pref, choices[:]))
		for _, l := range [...]*layer{d.current, d.target} {
			if l != nil {
				needs = needs.with(l.quality)
			}
		}
	}
	if needs != d.needs {
		d.pub.attended(d.needs, needs)
		d.needs = needs
	}
}

// attended takes a viewer's change of layers to the publisher, if it matters.
// What a layer sent before nobody watched it is no picture to start from.
func (p *publication) attended(from, to layerSet) {
	if !p.spec.Video {
		return
	}
	again, send := p.attention.move(from, to)
	if again == 0 {
		return
	}
	now := time.Now()
	for q, l := range p.layers.Load() {
		if l != nil && again.has(Quality(q)) {
			l.outdate()
			l.wantKeyframe(now)
		}
	}
	p.tellWatched(send)
}

// tick tells the publisher of layers that nobody has watched for a while.
func (p *publication) tick(now time.Time) {
	if !p.spec.Video || *p.layers.Load() == (layerTable{}) {
		return // as long as no media came, all of it is awaited
	}
	if send, less := p.attention.tick(now); less {
		p.tellWatched(send)
	}
}

func (p *publication) tellWatched(send layerSet) {
	id, watched := p.spec.ID, send.list()
	p.peer.events.push(func(o PeerObserver) { o.OnWatched(id, watched) })
}

// offers are the choices, with the layers that were announced and are still to
// come.
func (p *publication) offers() (c [qualities]choice) {
	c = p.choices()
	for _, l := range p.spec.Layers {
		if l.Quality >= Low && l.Quality < qualities {
			c[l.Quality].live = true
		}
	}
	return c
}

// outdate makes what the ring holds unfit to start from.
func (l *layer) outdate() {
	l.ring.RLock()
	l.past.Store(l.ring.Head() + 1)
	l.ring.RUnlock()
}
