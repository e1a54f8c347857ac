package sfu

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/fmtp"
	"github.com/easel-live/easel/sfu/packet"
)

// rendition is a publication in one codec: announced, then, once its media came,
// with one to three layers.
type rendition struct {
	pub   *publication
	index int // as announced: the place in the publisher's order of preference

	// layers is replaced, never changed: viewers read it while they forward.
	layers atomic.Pointer[layerTable]
	sizes  atomic.Pointer[sizeTable]

	announced atomic.Uint32 // the qualities that the publisher offers, a bit each
	// awaited is since when somebody needs it and nothing has come, Unix
	// nanoseconds; 0: nobody does, or something has.
	awaited atomic.Int64

	// Guarded by pub.mu.
	spec  RenditionSpec
	codec webrtc.RTPCodecCapability // as announced, then as it comes
	mid   string                    // of the section it comes in; empty before
}

// layerTable has a layer per quality, nil where no media came.
type layerTable [qualities]*layer

func newRendition(pub *publication, index int, spec RenditionSpec) *rendition {
	r := &rendition{pub: pub, index: index, spec: spec, codec: spec.Codec}
	r.layers.Store(&layerTable{})
	r.announce(spec.Layers)
	return r
}

// announce takes the layers that the publisher offers.
func (r *rendition) announce(layers []LayerSpec) {
	r.sizes.Store(sizesOf(layers))
	var set uint32
	for _, l := range layers {
		if l.Quality >= Low && l.Quality < qualities {
			set |= 1 << l.Quality
		}
	}
	r.announced.Store(set)
}

// offers says whether the publisher offers a layer of this quality.
func (r *rendition) offers(q Quality) bool { return r.announced.Load()&(1<<q) != 0 }

// await notes that a viewer needs the rendition.
func (r *rendition) await(now time.Time) {
	if *r.layers.Load() == (layerTable{}) {
		r.awaited.CompareAndSwap(0, now.UnixNano())
	}
}

// isMissing says whether its media was asked for and does not come: then viewers
// do with another rendition, for the time being.
func (r *rendition) isMissing(now time.Time) bool {
	since := r.awaited.Load()
	return since != 0 && now.UnixNano()-since > int64(mediaPatience)
}

// info is what is told of the rendition. The caller holds pub.mu.
func (r *rendition) info() RenditionInfo {
	if r.mid == "" {
		return RenditionInfo{}
	}
	return RenditionInfo{MimeType: r.codec.MimeType, MID: r.mid}
}

// attach gives an uplink the layer it carries, making it on first sight. A
// stream in another codec than the one before starts the layer anew. isFirst is
// true when this is the rendition's first media.
func (r *rendition) attach(u *uplink, codec webrtc.RTPCodecCapability) (isFirst bool) {
	p := r.pub
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	q := r.qualityOf(u)
	isFirst = r.mid == ""
	isChanged := !isFirst && !(strings.EqualFold(r.codec.MimeType, codec.MimeType) && fmtp.Same(codec.MimeType, r.codec.SDPFmtpLine, codec.SDPFmtpLine))
	r.codec, r.mid = codec, u.mid
	p.codecs.Add(1)
	table := *r.layers.Load()
	if isChanged {
		table = layerTable{}
	}
	slots := videoSlots
	if !p.spec.Video {
		slots = audioSlots
	}
	l := newLayer(layerID{r.index, q}, packet.CodecOf(codec.MimeType), codec.ClockRate, slots, p.peer.engine.count, p.peer.engine.shards)
	l.muted = p.muted
	l.demand = newDemand(p.peer.opts.Follows, p.ladder(r), q)
	table[q] = l
	r.layers.Store(&table)
	r.awaited.Store(0)
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
func (r *rendition) carries(u *uplink) bool {
	l := u.layer.Load()
	if l == nil {
		return false
	}
	for _, own := range r.layers.Load() {
		if own == l {
			return true
		}
	}
	return false
}

// qualityOf finds a stream's layer among those announced: by RID, by SSRC, or,
// when nothing else tells, the only or the best one. The caller holds pub.mu.
func (r *rendition) qualityOf(u *uplink) Quality {
	best := Low
	for _, l := range r.spec.Layers {
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
