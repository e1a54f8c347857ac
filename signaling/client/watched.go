package client

import (
	"sync"

	"github.com/livekit/protocol/livekit"
)

// published are the video tracks whose publishers follow their audience.
type published struct {
	mu    sync.Mutex
	specs map[string]VideoSpec // by track sid
}

func newPublished() published { return published{specs: make(map[string]VideoSpec)} }

func (p *published) add(sid string, spec VideoSpec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.specs[sid] = spec
}

func (p *published) spec(sid string) VideoSpec {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.specs[sid]
}

// onWatched passes on which layers of a track are watched.
func (c *Conn) onWatched(u *livekit.SubscribedQualityUpdate) {
	spec := c.published.spec(u.GetTrackSid())
	if spec.OnWatched == nil {
		return
	}
	watched := make([][]bool, len(spec.Renditions))
	for i, r := range spec.Renditions {
		watched[i] = watchedLayers(u, i, r.Layers)
	}
	c.post(func() { spec.OnWatched(watched) })
}

// watchedLayers reads which layers of a rendition are watched. One that the
// server says nothing about is, if it is the first rendition's.
func watchedLayers(u *livekit.SubscribedQualityUpdate, rendition int, layers []Layer) []bool {
	var said []*livekit.SubscribedQuality
	if codecs := u.GetSubscribedCodecs(); rendition < len(codecs) {
		said = codecs[rendition].GetQualities()
	}
	watched := make([]bool, len(layers))
	for i, l := range videoLayers(layers) {
		watched[i] = rendition == 0
		for _, s := range said {
			if s.GetQuality() == l.GetQuality() {
				watched[i] = s.GetEnabled()
			}
		}
	}
	return watched
}
