package sfu

import (
	"sync"
	"time"
)

// neglect is how long a layer goes unwatched before its publisher is told:
// whoever looks away for a moment, or changes layers, costs no keyframe.
const neglect = 1500 * time.Millisecond

// layerSlots is how many layers a publication can have.
const layerSlots = MaxRenditions * qualities

// layerSet is a set of a publication's layers, a bit each.
type layerSet uint32

// firstRendition is all that a publisher begins with.
const firstRendition layerSet = 1<<qualities - 1

func (id layerID) slot() int { return id.rendition*qualities + int(id.quality) }

func (s layerSet) has(id layerID) bool { return s&(1<<id.slot()) != 0 }

// hasAny says whether a layer of the rendition is among them.
func (s layerSet) hasAny(rendition int) bool {
	return s>>(rendition*qualities)&(1<<qualities-1) != 0
}

func (s layerSet) with(id layerID) layerSet { return s | 1<<id.slot() }

// list are the qualities of each of n renditions, lowest first.
func (s layerSet) list(n int) [][]Quality {
	all := make([][]Quality, n)
	for r := range all {
		all[r] = make([]Quality, 0, qualities)
		for q := range Quality(qualities) {
			if s.has(layerID{r, q}) {
				all[r] = append(all[r], q)
			}
		}
	}
	return all
}

// attention counts who watches which layer of a publication, and remembers what
// its publisher was told. A publisher begins by sending every layer of its first
// rendition.
type attention struct {
	mu      sync.Mutex
	viewers [layerSlots]int
	told    layerSet
	since   [layerSlots]time.Time // unwatched; zero: watched, or not noticed yet
}

// move counts a viewer's change from one set of layers to another. When layers
// are watched again, which the publisher has to be told of at once, it calls
// tell with them and with all that is to be sent. tell is called under a lock,
// so that what is told last is what holds.
func (a *attention) move(from, to layerSet, tell func(again, send layerSet)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var again layerSet
	for i := range layerSlots {
		bit := layerSet(1) << i
		switch was, is := from&bit != 0, to&bit != 0; {
		case is && !was:
			a.viewers[i]++
			a.since[i] = time.Time{}
			again |= bit &^ a.told
		case was && !is:
			a.viewers[i]--
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
	for i := range layerSlots {
		bit := layerSet(1) << i
		switch {
		case a.viewers[i] > 0 || a.told&bit == 0:
		case a.since[i].IsZero():
			a.since[i] = now
		case now.Sub(a.since[i]) >= neglect:
			dropped |= bit
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
		offers, within := d.view(true), d.pref
		within.MaxQuality = min(within.MaxQuality, d.limit)
		if q := choose(within, offers[:]); q != Off {
			needs = needs.with(offers[q].layerID)
		}
		for _, l := range [...]*layer{d.current, d.target} {
			if l != nil {
				needs = needs.with(l.layerID)
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
	for _, r := range p.renditions {
		if to.hasAny(r.index) && !from.hasAny(r.index) {
			r.await(time.Now())
		}
	}
	p.attention.move(from, to, func(again, send layerSet) {
		p.each(func(l *layer) {
			if again.has(l.layerID) {
				l.outdate()
				l.wantKeyframe(time.Now())
			}
		})
		p.tellWatched(send)
	})
}

// tick tells the publisher of layers that nobody has watched for a while.
func (p *publication) tick(now time.Time) {
	if !p.spec.Video || !p.came() {
		return // as long as no media came, all of it is awaited
	}
	p.attention.tick(now, func(dropped, send layerSet) {
		for _, r := range p.renditions {
			if dropped.hasAny(r.index) && !send.hasAny(r.index) {
				r.awaited.Store(0)
			}
		}
		p.each(func(l *layer) {
			if dropped.has(l.layerID) {
				l.keyframeCame() // whoever asked for it has gone
			}
		})
		p.tellWatched(send)
	})
}

func (p *publication) tellWatched(send layerSet) {
	id, watched := p.spec.ID, send.list(len(p.renditions))
	p.peer.events.push(func(o PeerObserver) { o.OnWatched(id, watched) })
}

// outdate makes what the ring holds unfit to start from.
func (l *layer) outdate() {
	l.ring.RLock()
	l.past.Store(l.ring.Head() + 1)
	l.ring.RUnlock()
}
