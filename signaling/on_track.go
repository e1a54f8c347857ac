package signaling

import (
	"fmt"
	"slices"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
)

// track is what a participant announced; live once its media arrived.
type track struct {
	cid        string
	info       *livekit.TrackInfo
	renditions []rendition // most preferred first
	live       bool
	subscribed bool // somebody subscribed once
	// watched are the layers that the publisher is to send of each rendition,
	// once it was told so.
	watched [][]sfu.Quality
	told    bool
}

// addTrack answers a client that wants to publish: a track id before any SDP.
func (r *liveRoom) addTrack(p *participant, add *livekit.AddTrackRequest) {
	if p.gone {
		return
	}
	if known := p.trackByCID(add.GetCid()); known != nil {
		p.sendTrackPublished(add.GetCid(), known)
		return
	}
	reason, text := r.refuseTrack(p, add)
	if reason == livekit.RequestResponse_OK && add.GetSid() != "" {
		reason, text = p.supplementTrack(add)
	}
	if reason != livekit.RequestResponse_OK {
		p.log.Info("track refused", "name", add.GetName(), "reason", text)
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
			RequestResponse: &livekit.RequestResponse{
				Reason: reason, Message: text,
				Request: &livekit.RequestResponse_AddTrack{AddTrack: add},
			},
		}})
		return
	}
	if add.GetSid() != "" {
		return
	}
	t := newTrack(add)
	p.tracks = append(p.tracks, t)
	spec := t.spec()
	p.withPeer(func(peer *sfu.Peer) error { return peer.Announce(spec) })
	p.sendTrackPublished(t.cid, t)
}

// supplementTrack takes a further codec of a track that was announced with it,
// now that somebody needs it: by its name, or, when the client repeats the first
// one's, as the first of those still to come.
func (p *participant) supplementTrack(add *livekit.AddTrackRequest) (livekit.RequestResponse_Reason, string) {
	t := p.trackBySID(add.GetSid())
	if t == nil {
		return livekit.RequestResponse_NOT_FOUND, "no such track"
	}
	name, layers := "", add.GetLayers()
	if codecs := add.GetSimulcastCodecs(); len(codecs) > 0 {
		name = codecs[0].GetCodec()
		if len(codecs[0].GetLayers()) > 0 {
			layers = codecs[0].GetLayers()
		}
	}
	at := slices.IndexFunc(t.renditions, func(r rendition) bool { return r.cid == "" && r.codec == name })
	if at < 0 {
		at = slices.IndexFunc(t.renditions, func(r rendition) bool { return r.cid == "" })
	}
	if at < 0 {
		return livekit.RequestResponse_UNSUPPORTED_TYPE, "this codec was not announced with the track"
	}
	t.renditions[at].cid, t.info.Codecs[at].Cid = add.GetCid(), add.GetCid()
	if len(layers) > 0 {
		t.info.Codecs[at].Layers = layers
	}
	id, cid, specs := sfu.TrackID(add.GetSid()), add.GetCid(), layerSpecs(layers)
	p.withPeer(func(peer *sfu.Peer) error { return peer.Supplement(id, at, cid, specs) })
	p.sendTrackPublished(cid, t)
	return livekit.RequestResponse_OK, ""
}

func (r *liveRoom) refuseTrack(p *participant, add *livekit.AddTrackRequest) (livekit.RequestResponse_Reason, string) {
	sources := p.claims.Sources
	switch {
	case !p.claims.Publish:
		return livekit.RequestResponse_NOT_ALLOWED, "this token does not allow publishing"
	case p.claims.Stock && r.hasAgent():
		return livekit.RequestResponse_NOT_ALLOWED, "only the agent publishes in this room"
	case len(sources) > 0 && !slices.Contains(sources, add.GetSource()):
		return livekit.RequestResponse_NOT_ALLOWED, fmt.Sprintf("this token does not allow publishing %s", add.GetSource())
	case add.GetSid() == "" && len(p.tracks) >= r.server.cfg.Limits.Tracks:
		return livekit.RequestResponse_LIMIT_EXCEEDED, fmt.Sprintf("at most %d tracks", r.server.cfg.Limits.Tracks)
	case add.GetCid() == "" || len(add.GetCid()) > maxTrackText || len(add.GetName()) > maxTrackText:
		return livekit.RequestResponse_INVALID_REQUEST, "a track needs a cid, and a name of reasonable length"
	case len(add.GetLayers()) > maxLayers || slices.ContainsFunc(add.GetSimulcastCodecs(), hasManyLayers):
		return livekit.RequestResponse_LIMIT_EXCEEDED, fmt.Sprintf("at most %d layers", maxLayers)
	case len(add.GetSimulcastCodecs()) > sfu.MaxRenditions:
		return livekit.RequestResponse_LIMIT_EXCEEDED, fmt.Sprintf("at most %d codecs", sfu.MaxRenditions)
	case slices.ContainsFunc(add.GetSimulcastCodecs(), hasLongText):
		return livekit.RequestResponse_INVALID_REQUEST, "a codec needs a name and a cid of reasonable length"
	case add.GetType() == livekit.TrackType_DATA:
		return livekit.RequestResponse_UNSUPPORTED_TYPE, "data tracks are not supported"
	}
	return livekit.RequestResponse_OK, ""
}

const (
	maxTrackText = 256 // bytes of a cid or name
	maxLayers    = 3
)

func hasManyLayers(c *livekit.SimulcastCodec) bool { return len(c.GetLayers()) > maxLayers }

func hasLongText(c *livekit.SimulcastCodec) bool {
	return len(c.GetCid()) > maxTrackText || len(c.GetCodec()) > maxTrackText
}

func (p *participant) sendTrackPublished(cid string, t *track) {
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_TrackPublished{
		TrackPublished: &livekit.TrackPublishedResponse{Cid: cid, Track: t.info},
	}})
}

func newTrack(add *livekit.AddTrackRequest) *track {
	t := &track{cid: add.GetCid(), info: &livekit.TrackInfo{
		Sid: newID("TR_"), Type: add.GetType(), Name: add.GetName(), Muted: add.GetMuted(),
		Width: add.GetWidth(), Height: add.GetHeight(), Source: add.GetSource(),
		Stream: add.GetStream(), Encryption: add.GetEncryption(), AudioFeatures: add.GetAudioFeatures(),
		DisableRed: true, BackupCodecPolicy: add.GetBackupCodecPolicy(),
	}}
	t.renditions, t.info.Codecs = announced(add)
	t.mirror()
	return t
}

// published is told that media of a track arrived: everyone learns of it, then
// those who want it are subscribed.
func (r *liveRoom) published(p *participant, info sfu.PublicationInfo) {
	t := p.trackBySID(string(info.ID))
	if t == nil || p.gone {
		return
	}
	first := !t.live
	t.live = true
	t.learn(info)
	r.announceNow(p)
	if !first {
		return
	}
	r.server.cfg.Observer.Published(r.name, p.person(), t.info.GetSid())
	p.hookTrack(eventTrackPublished, t)
	for _, q := range r.present {
		if q != p {
			r.offerTrack(q, t)
		}
	}
}

// muteTrack silences a track for a while, at its publisher's word.
func (r *liveRoom) muteTrack(p *participant, m *livekit.MuteTrackRequest) {
	t := p.trackBySID(m.GetSid())
	if t == nil || t.info.GetMuted() == m.GetMuted() {
		return
	}
	t.info.Muted = m.GetMuted()
	id, muted := sfu.TrackID(m.GetSid()), m.GetMuted()
	p.withPeer(func(peer *sfu.Peer) error { return peer.SetMuted(id, muted) })
	r.announce(p)
}

// updateLayers takes a track's new layer sizes.
func (r *liveRoom) updateLayers(p *participant, sid string, layers []*livekit.VideoLayer) {
	t := p.trackBySID(sid)
	if t == nil || len(layers) > maxLayers {
		return
	}
	t.resize(layers)
	id, specs := sfu.TrackID(sid), layerSpecs(layers)
	p.withPeer(func(peer *sfu.Peer) error { return peer.Resize(id, specs) })
	r.announce(p)
}

// resizeTrack takes a track's new size.
func (r *liveRoom) resizeTrack(p *participant, u *livekit.UpdateLocalVideoTrack) {
	t := p.trackBySID(u.GetTrackSid())
	if t == nil {
		return
	}
	t.info.Width, t.info.Height = u.GetWidth(), u.GetHeight()
	r.announce(p)
}

func (p *participant) trackBySID(sid string) *track {
	for _, t := range p.tracks {
		if t.info.GetSid() == sid {
			return t
		}
	}
	return nil
}

func (p *participant) trackByCID(cid string) *track {
	for _, t := range p.tracks {
		if cid != "" && (t.cid == cid || slices.ContainsFunc(t.renditions, func(r rendition) bool { return r.cid == cid })) {
			return t
		}
	}
	return nil
}
