package sfu

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/packet"
)

// publication is a track that a peer offers to its room: announced, then, once
// its media came, with one to three layers.
type publication struct {
	peer *Peer
	spec TrackSpec

	// layers is replaced, never changed: viewers read it while they forward.
	layers atomic.Pointer[layerTable]
	sizes  atomic.Pointer[sizeTable]

	attention attention

	mu     sync.Mutex
	codec  webrtc.RTPCodecCapability
	mid    string
	muted  bool
	closed bool
	downs  map[*downTrack]struct{}
}

// layerTable has a layer per quality, nil where no media came.
type layerTable [qualities]*layer

func newPublication(peer *Peer, spec TrackSpec) *publication {
	p := &publication{peer: peer, spec: spec, downs: map[*downTrack]struct{}{}}
	p.sizes.Store(sizesOf(spec.Layers))
	p.layers.Store(&layerTable{})
	p.attention.told = allLayers
	return p
}

func (p *publication) info() PublicationInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return PublicationInfo{
		ID: p.spec.ID, Publisher: p.peer.id, Video: p.spec.Video,
		MimeType: p.codec.MimeType, MID: p.mid, Muted: p.muted,
	}
}

func (p *publication) capability() webrtc.RTPCodecCapability {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codec
}

// attach gives an uplink the layer it carries, making it on first sight.
// isFirst is true when this is the publication's first media. A stream in
// another codec than the one before starts the layer anew.
func (p *publication) attach(u *uplink, codec webrtc.RTPCodecCapability) (isFirst bool) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	q := p.qualityOf(u)
	isFirst = p.codec.MimeType == ""
	isChanged := !isFirst && !(strings.EqualFold(p.codec.MimeType, codec.MimeType) && sameProfile(p.codec, codec))
	p.codec, p.mid = codec, u.mid
	table := *p.layers.Load()
	if isChanged {
		table = layerTable{}
	}
	slots := videoSlots
	if !p.spec.Video {
		slots = audioSlots
	}
	l := newLayer(q, packet.CodecOf(codec.MimeType), codec.ClockRate, slots, p.peer.engine.count, p.peer.engine.shards)
	l.muted = p.muted
	l.demand = newDemand(p.peer.opts.Follows, p.spec, q)
	table[q] = l
	p.layers.Store(&table)
	downs := p.viewers()
	p.mu.Unlock()

	l.source.Store(u)
	u.layer.Store(l)
	for _, d := range downs {
		d.retarget()
	}
	return isFirst
}

// carries says whether u already feeds one of the layers.
func (p *publication) carries(u *uplink) bool {
	l := u.layer.Load()
	if l == nil {
		return false
	}
	for _, own := range p.layers.Load() {
		if own == l {
			return true
		}
	}
	return false
}

// qualityOf finds a stream's layer among those announced: by RID, by SSRC, or,
// when nothing else tells, the only or the best one.
func (p *publication) qualityOf(u *uplink) Quality {
	best := Low
	for _, l := range p.spec.Layers {
		if l.Quality < Low || l.Quality >= qualities {
			continue
		}
		if u.rid != "" && l.RID == u.rid || l.SSRC != 0 && l.SSRC == u.ssrc {
			return l.Quality
		}
		best = max(best, l.Quality)
	}
	switch u.rid {
	case "q":
		return Low
	case "h":
		return Mid
	case "f":
		return High
	}
	return best
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
	for _, l := range p.layers.Load() {
		if l != nil {
			l.setMuted(muted)
		}
	}
}

// close withdraws the publication and returns who was subscribed.
func (p *publication) close() []*downTrack {
	p.mu.Lock()
	p.closed = true
	downs := p.viewers()
	p.mu.Unlock()
	for _, l := range p.layers.Load() {
		if l == nil {
			continue
		}
		if u := l.source.Swap(nil); u != nil {
			u.layer.CompareAndSwap(l, nil)
		}
	}
	return downs
}

// choices describes the layers for choose, lowest first.
func (p *publication) choices() (c [qualities]choice) {
	sizes := p.sizes.Load()
	for q, l := range p.layers.Load() {
		c[q] = choice{quality: Quality(q), live: l != nil, width: sizes[q].width, height: sizes[q].height}
	}
	return c
}

// substitute is the best layer that packets come on, when none come on l: a
// publisher short of bandwidth gives up its upper layers. nil when l is fine,
// when everything rests, or when the other layer has only begun: it may have
// been started for somebody else, on a picture at rest.
func (p *publication) substitute(l *layer, now time.Time) *layer {
	if !p.spec.Video || l.isFresh(now, layerStall) {
		return nil
	}
	var best *layer
	for _, other := range p.layers.Load() {
		if other != nil && other != l && other.isFresh(now, layerPause) && now.UnixNano()-other.busy.Load() >= int64(layerStall) {
			best = other
		}
	}
	return best
}
