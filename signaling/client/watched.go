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
	watched := watchedLayers(u, len(spec.Layers))
	c.post(func() { spec.OnWatched(watched) })
}

// watchedLayers reads which of n layers, smallest first, are watched. A layer
// that the server says nothing about is.
func watchedLayers(u *livekit.SubscribedQualityUpdate, n int) []bool {
	var said []*livekit.SubscribedQuality
	if codecs := u.GetSubscribedCodecs(); len(codecs) > 0 {
		said = codecs[0].GetQualities()
	}
	watched := make([]bool, n)
	for i, quality := range qualities[len(qualities)-n:] {
		watched[i] = true
		for _, s := range said {
			if s.GetQuality() == quality {
				watched[i] = s.GetEnabled()
			}
		}
	}
	return watched
}
