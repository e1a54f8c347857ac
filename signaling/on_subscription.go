package signaling

import (
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
)

// offerTrack subscribes q to a live track if that is what q wants.
func (r *liveRoom) offerTrack(q *participant, t *track) {
	wanted, said := q.wants[t.info.GetSid()]
	if !said {
		wanted = q.autoSubscribe
	}
	if wanted && q.claims.Subscribe {
		r.subscribe(q, t)
	}
}

func (r *liveRoom) subscribe(q *participant, t *track) {
	id := sfu.TrackID(t.info.GetSid())
	q.withPeer(func(peer *sfu.Peer) error { return peer.Subscribe(id) })
	if t.subscribed {
		return
	}
	t.subscribed = true
	if publisher := r.publisherOf(t.info.GetSid()); publisher != nil {
		publisher.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_TrackSubscribed{
			TrackSubscribed: &livekit.TrackSubscribed{TrackSid: t.info.GetSid()},
		}})
	}
}

// updateSubscription takes a client's word about which tracks it wants.
func (p *participant) updateSubscription(u *livekit.UpdateSubscription) {
	sids := u.GetTrackSids()
	for _, of := range u.GetParticipantTracks() {
		sids = append(sids, of.GetTrackSids()...)
	}
	for _, sid := range sids[:min(len(sids), maxSubscriptions)] {
		p.want(sid, u.GetSubscribe())
	}
}

// maxSubscriptions bounds how many tracks one message, and one participant,
// may name.
const maxSubscriptions = 1024

func (p *participant) want(sid string, subscribe bool) {
	r := p.room
	publisher := r.publisherOf(sid)
	if publisher == nil || publisher == p || len(p.wants) >= maxSubscriptions {
		p.refuseSubscription(sid, livekit.SubscriptionError_SE_TRACK_NOTFOUND)
		return
	}
	p.wants[sid] = subscribe
	t := publisher.trackBySID(sid)
	switch {
	case !t.live:
	case subscribe:
		r.offerTrack(p, t)
	default:
		p.withPeer(func(peer *sfu.Peer) error { return peer.Unsubscribe(sfu.TrackID(sid)) })
	}
}

func (p *participant) refuseSubscription(sid string, why livekit.SubscriptionError) {
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_SubscriptionResponse{
		SubscriptionResponse: &livekit.SubscriptionResponse{TrackSid: sid, Err: why},
	}})
}

func (r *liveRoom) publisherOf(sid string) *participant {
	for _, p := range r.present {
		if p.trackBySID(sid) != nil {
			return p
		}
	}
	return nil
}

// onTrackSettings takes how a client shows tracks: which layer suits follows.
func (p *participant) onTrackSettings(u *livekit.UpdateTrackSettings) {
	pref := preference(u)
	for _, sid := range u.GetTrackSids()[:min(len(u.GetTrackSids()), maxSubscriptions)] {
		p.withPeer(func(peer *sfu.Peer) error {
			if err := peer.Prefer(sfu.TrackID(sid), pref); err != nil {
				p.log.Debug("preference refused", "track", sid, "error", err)
			}
			return nil
		})
	}
}

// preference reads a client's settings: the size shown decides, or else the
// quality asked for.
func preference(u *livekit.UpdateTrackSettings) sfu.Preference {
	pref := sfu.Preference{
		Disabled: u.GetDisabled(), MaxQuality: sfu.High,
		Width: int(u.GetWidth()), Height: int(u.GetHeight()),
	}
	if pref.Width == 0 || pref.Height == 0 {
		switch u.GetQuality() {
		case livekit.VideoQuality_LOW:
			pref.MaxQuality = sfu.Low
		case livekit.VideoQuality_MEDIUM:
			pref.MaxQuality = sfu.Mid
		case livekit.VideoQuality_OFF:
			pref.Disabled = true
		}
	}
	return pref
}

// syncState takes what a client believes after a resume: which tracks it
// wants, and which it has paused.
func (p *participant) syncState(s *livekit.SyncState) {
	if u := s.GetSubscription(); u != nil {
		p.updateSubscription(u)
	}
	for _, sid := range s.GetTrackSidsDisabled()[:min(len(s.GetTrackSidsDisabled()), maxSubscriptions)] {
		p.withPeer(func(peer *sfu.Peer) error {
			if err := peer.Prefer(sfu.TrackID(sid), sfu.Preference{Disabled: true, MaxQuality: sfu.High}); err != nil {
				p.log.Debug("preference refused", "track", sid, "error", err)
			}
			return nil
		})
	}
}

// streamState tells a subscriber that a track pauses or goes on.
func (r *liveRoom) streamState(p *participant, id sfu.TrackID, paused bool) {
	state := livekit.StreamState_ACTIVE
	if paused {
		state = livekit.StreamState_PAUSED
	}
	publisher := r.publisherOf(string(id))
	if publisher == nil {
		return
	}
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_StreamStateUpdate{
		StreamStateUpdate: &livekit.StreamStateUpdate{StreamStates: []*livekit.StreamStateInfo{{
			ParticipantSid: publisher.sid, TrackSid: string(id), State: state,
		}}},
	}})
}
