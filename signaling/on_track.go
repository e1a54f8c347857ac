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
	live       bool
	subscribed bool // somebody subscribed once
	// watched are the layers that the publisher is to send, once it was told so.
	watched []sfu.Quality
	told    bool
}

// addTrack answers a client that wants to publish: a track id before any SDP.
func (r *liveRoom) addTrack(p *participant, add *livekit.AddTrackRequest) {
	if p.gone {
		return
	}
	if known := p.trackByCID(add.GetCid()); known != nil {
		p.sendTrackPublished(known)
		return
	}
	if reason, text := r.refuseTrack(p, add); reason != livekit.RequestResponse_OK {
		p.log.Info("track refused", "name", add.GetName(), "reason", text)
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
			RequestResponse: &livekit.RequestResponse{
				Reason: reason, Message: text,
				Request: &livekit.RequestResponse_AddTrack{AddTrack: add},
			},
		}})
		return
	}
	t := &track{cid: add.GetCid(), info: newTrackInfo(add)}
	p.tracks = append(p.tracks, t)
	spec := trackSpec(t.cid, t.info)
	p.withPeer(func(peer *sfu.Peer) error { return peer.Announce(spec) })
	p.sendTrackPublished(t)
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
	case len(p.tracks) >= r.server.cfg.Limits.Tracks:
		return livekit.RequestResponse_LIMIT_EXCEEDED, fmt.Sprintf("at most %d tracks", r.server.cfg.Limits.Tracks)
	case add.GetCid() == "" || len(add.GetCid()) > maxTrackText || len(add.GetName()) > maxTrackText:
		return livekit.RequestResponse_INVALID_REQUEST, "a track needs a cid, and a name of reasonable length"
	case add.GetSid() != "":
		return livekit.RequestResponse_UNSUPPORTED_TYPE, "a second codec for a track is not supported"
	case len(add.GetLayers()) > maxLayers:
		return livekit.RequestResponse_LIMIT_EXCEEDED, fmt.Sprintf("at most %d layers", maxLayers)
	case add.GetType() == livekit.TrackType_DATA:
		return livekit.RequestResponse_UNSUPPORTED_TYPE, "data tracks are not supported"
	}
	return livekit.RequestResponse_OK, ""
}

const (
	maxTrackText = 256 // bytes of a cid or name
	maxLayers    = 3
)

func (p *participant) sendTrackPublished(t *track) {
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_TrackPublished{
		TrackPublished: &livekit.TrackPublishedResponse{Cid: t.cid, Track: t.info},
	}})
}

func newTrackInfo(add *livekit.AddTrackRequest) *livekit.TrackInfo {
	info := &livekit.TrackInfo{
		Sid: newID("TR_"), Type: add.GetType(), Name: add.GetName(), Muted: add.GetMuted(),
		Width: add.GetWidth(), Height: add.GetHeight(), Source: add.GetSource(),
		Stream: add.GetStream(), Encryption: add.GetEncryption(), AudioFeatures: add.GetAudioFeatures(),
		DisableRed: true,
	}
	layers := add.GetLayers()
	if codecs := add.GetSimulcastCodecs(); len(layers) == 0 && len(codecs) > 0 {
		layers = codecs[0].GetLayers()
	}
	setLayers(info, layers)
	return info
}

// setLayers puts a track's layers where both older and newer clients look.
func setLayers(info *livekit.TrackInfo, layers []*livekit.VideoLayer) {
	//lint:ignore SA1019 most clients still read them there
	info.Layers, info.Simulcast = layers, len(layers) > 1
	if len(layers) == 0 {
		return
	}
	mode := livekit.VideoLayer_ONE_SPATIAL_LAYER_PER_STREAM
	info.Codecs = []*livekit.SimulcastCodecInfo{{
		MimeType: info.GetMimeType(), Mid: info.GetMid(), Layers: layers, VideoLayerMode: mode,
	}}
}

func trackSpec(cid string, info *livekit.TrackInfo) sfu.TrackSpec {
	spec := sfu.TrackSpec{
		ID: sfu.TrackID(info.GetSid()), ClientID: cid,
		Video: info.GetType() == livekit.TrackType_VIDEO,
		Width: int(info.GetWidth()), Height: int(info.GetHeight()),
	}
	//lint:ignore SA1019 see setLayers
	for _, l := range info.GetLayers() {
		spec.Layers = append(spec.Layers, sfu.LayerSpec{
			Quality: sfu.Quality(l.GetQuality()), Width: int(l.GetWidth()), Height: int(l.GetHeight()),
			RID: l.GetRid(), SSRC: l.GetSsrc(), BitsPerSecond: int(l.GetBitrate()),
		})
	}
	return spec
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
	t.info.MimeType, t.info.Mid = info.MimeType, info.MID
	//lint:ignore SA1019 see setLayers
	setLayers(t.info, t.info.GetLayers())
	r.announce(p)
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
	setLayers(t.info, layers)
	spec := trackSpec(t.cid, t.info)
	p.withPeer(func(peer *sfu.Peer) error { return peer.Resize(spec.ID, spec.Layers) })
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
		if t.cid == cid && cid != "" {
			return t
		}
	}
	return nil
}
