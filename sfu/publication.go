package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
)

// publication is a track that a peer offers to its room, in one or more
// renditions.
type publication struct {
	peer       *Peer
	spec       TrackSpec
	renditions []*rendition // in the publisher's order of preference

	attention attention
	codecs    atomic.Uint32 // counts changes of what is known of codecs and layers

	mu     sync.Mutex
	muted  bool
	closed bool
	downs  map[*downTrack]struct{}
}

func newPublication(peer *Peer, spec TrackSpec) *publication {
	p := &publication{peer: peer, spec: spec, downs: map[*downTrack]struct{}{}}
	for i, r := range spec.Renditions {
		if i > 0 && len(r.Layers) == 0 {
			r.Layers = spec.Renditions[0].Layers
		}
		p.renditions = append(p.renditions, newRendition(p, i, r))
	}
	p.codecs.Store(1)
	p.attention.told = firstRendition
	return p
}

func (p *publication) info() PublicationInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := PublicationInfo{ID: p.spec.ID, Publisher: p.peer.id, Video: p.spec.Video, Muted: p.muted}
	for _, r := range p.renditions {
		info.Renditions = append(info.Renditions, r.info())
	}
	return info
}

// named is the rendition with this ClientID, nil if none has it.
func (p *publication) named(clientID string) *rendition {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.renditions {
		if r.spec.ClientID == clientID {
			return r
		}
	}
	return nil
}

// ladder are the layers of a rendition, and below them those that only others
// have: what its viewers may be given. The caller holds p.mu.
func (p *publication) ladder(r *rendition) []LayerSpec {
	layers := slices.Clone(r.spec.Layers)
	for _, other := range p.renditions {
		for _, l := range other.spec.Layers {
			if !slices.ContainsFunc(layers, func(own LayerSpec) bool { return own.Quality == l.Quality }) {
				layers = append(layers, l)
			}
		}
	}
	return layers
}

// came says whether any media has come.
func (p *publication) came() bool {
	for _, r := range p.renditions {
		if *r.layers.Load() != (layerTable{}) {
			return true
		}
	}
	return false
}

// each calls f for each layer whose media has come.
func (p *publication) each(f func(*layer)) {
	for _, r := range p.renditions {
		for _, l := range r.layers.Load() {
			if l != nil {
				f(l)
			}
		}
	}
}

func (p *publication) viewers() []*downTrack {
	downs := make([]*downTrack, 0, len(p.downs))
	for d := range p.downs {
		downs = append(downs, d)
	}
	return downs
}

func (p *publication) snapshot() []*downTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.viewers()
}

func (p *publication) add(d *downTrack) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrNoTrack
	}
	p.downs[d] = struct{}{}
	return nil
}

func (p *publication) remove(d *downTrack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.downs, d)
}

func (p *publication) setMuted(muted bool) {
	p.mu.Lock()
	p.muted = muted
	p.mu.Unlock()
	p.each(func(l *layer) { l.setMuted(muted) })
}

// close withdraws the publication and returns who was subscribed.
func (p *publication) close() []*downTrack {
	p.mu.Lock()
	p.closed = true
	downs := p.viewers()
	p.mu.Unlock()
	p.each(func(l *layer) {
		if u := l.source.Swap(nil); u != nil {
			u.layer.CompareAndSwap(l, nil)
		}
	})
	return downs
}
