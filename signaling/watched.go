package signaling

import (
	"slices"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
)

// watchedChanged tells p which layers of one of its tracks to send: LiveKit's
// dynacast.
func (p *participant) watchedChanged(id sfu.TrackID, watched [][]sfu.Quality) {
	t := p.trackBySID(string(id))
	if t == nil || p.gone {
		return
	}
	t.watched, t.told = watched, true
	p.sendWatched(t)
}

// repeatWatched tells p again after a lost connection, which may have swallowed
// the last word.
func (p *participant) repeatWatched() {
	for _, t := range p.tracks {
		if t.told {
			p.sendWatched(t)
		}
	}
}

// sendWatched says it twice over, for clients old and new.
func (p *participant) sendWatched(t *track) {
	codecs := make([]*livekit.SubscribedCodec, len(t.renditions))
	for i, r := range t.renditions {
		codecs[i] = &livekit.SubscribedCodec{Codec: r.codec, Qualities: p.subscribedQualities(t, i)}
	}
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_SubscribedQualityUpdate{
		SubscribedQualityUpdate: &livekit.SubscribedQualityUpdate{
			TrackSid: t.info.GetSid(),
			//lint:ignore SA1019 older LiveKit clients read nothing else
			SubscribedQualities: codecs[0].GetQualities(),
			SubscribedCodecs:    codecs,
		},
	}})
}

// subscribedQualities are all three of a rendition, each wanted or not. The
// agent sends just the layers watched. Other publishers are told what
// livekit-server would tell them, every layer up to the best one watched: their
// encoders rely on it. A rendition of one layer is watched as a whole, whatever
// its quality is called.
func (p *participant) subscribedQualities(t *track, rendition int) []*livekit.SubscribedQuality {
	var watched []sfu.Quality
	if rendition < len(t.watched) {
		watched = t.watched[rendition]
	}
	best := sfu.Off
	if len(watched) > 0 {
		best = slices.Max(watched)
	}
	if best != sfu.Off && len(t.layersOf(rendition)) <= 1 {
		best = sfu.High
	}
	all := make([]*livekit.SubscribedQuality, 0, sfu.High+1)
	for q := sfu.Low; q <= sfu.High; q++ {
		wanted := q <= best
		if p.claims.Role == room.Agent {
			wanted = slices.Contains(watched, q)
		}
		all = append(all, &livekit.SubscribedQuality{Quality: livekit.VideoQuality(q), Enabled: wanted})
	}
	return all
}
