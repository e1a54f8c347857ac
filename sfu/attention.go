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

// move counts a viewer's change from one set of layers to another. When layers
// are watched again, which the publisher has to be told of at once, it calls
// tell with them and with all that is to be sent. tell is called under a lock,
// so that what is told last is what holds.
func (a *attention) move(from, to layerSet, tell func(again, send layerSet)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var again layerSet
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
	if again != 0 {
		a.told |= again
		tell(again, a.told)
	}
}

// tick calls tell with the layers that nobody has watched for a while, and with
// all that is still to be sent.
func (a *attention) tick(now time.Time, tell func(dropped, send layerSet)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var dropped layerSet
	for q := range Quality(qualities) {
		switch {
		case a.viewers[q] > 0 || !a.told.has(q):
		case a.since[q].IsZero():
			a.since[q] = now
		case now.Sub(a.since[q]) >= neglect:
			dropped = dropped.with(q)
		}
	}
	if dropped != 0 {
		a.told &^= dropped
		tell(dropped, a.told)
	}
}

// attend counts d among those who watch the layers that it needs: what it
// shows, what it is about to show, and what it wants and its path carries, be it
// sent now or not.
// The caller holds d.mu.
func (d *downTrack) attend() {
	var needs layerSet
	if !d.isClosed {
		choices, within := d.pub.offers(), d.pref
		within.MaxQuality = min(within.MaxQuality, d.limit)
		needs = needs.with(choose(within, choices[:]))
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
	p.attention.move(from, to, func(again, send layerSet) {
		for q, l := range p.layers.Load() {
			if l != nil && again.has(Quality(q)) {
				l.outdate()
				l.wantKeyframe(time.Now())
			}
		}
		p.tellWatched(send)
	})
}

// tick tells the publisher of layers that nobody has watched for a while.
func (p *publication) tick(now time.Time) {
	if !p.spec.Video || *p.layers.Load() == (layerTable{}) {
		return // as long as no media came, all of it is awaited
	}
	p.attention.tick(now, func(dropped, send layerSet) {
		for q, l := range p.layers.Load() {
			if l != nil && dropped.has(Quality(q)) {
				l.keyframeCame() // whoever asked for it has gone
			}
		}
		p.tellWatched(send)
	})
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
