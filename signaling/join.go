package signaling

import (
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

// serverVersion and protocolVersion tell clients which LiveKit features to
// expect; some refuse to work with servers older than 1.8.
const (
	serverVersion   = "1.9.0"
	protocolVersion = 16
)

// join takes somebody in. It runs on the room's goroutine; the client's first
// message is its welcome, and the media side follows at its own pace.
func (r *liveRoom) join(claims *token.Claims, how *joinParams, c *conn) (*participant, error) {
	old := r.present[claims.Identity]
	role, barred := r.mayEnter(claims)
	switch {
	case r.closed:
		return nil, errRoomClosed
	case barred != nil:
		return nil, barred
	case old == nil && len(r.present) >= int(r.info.GetMaxParticipants()):
		return nil, errRoomFull
	}
	window := r.replace(old)
	if r.news.concern(claims.Identity) {
		r.tellNews()
	}
	p := newParticipant(r, claims, role, how)
	if window != nil {
		window.whose.Store(p)
		p.visit.Store(window)
	}
	if claims.UpdateSelf {
		p.setDetails("", how.metadata, how.attributes)
	}
	r.empty.Stop()
	r.used = true
	r.present[claims.Identity] = p
	r.rebuildRoster()
	// A hand at a window goes on as it was: a stroke may be under way.
	if window == nil || old.role() != role {
		r.arbiter.Join(claims.Identity, role, time.Now())
	}
	if role == room.Agent {
		r.arbiter.Renew(time.Now())
	}
	r.info.Metadata = r.metadata(r.arbiter.Lease())
	p.version++
	c.send(encode(r.welcome(p)))
	p.link.Store(c)
	if !claims.Hidden {
		r.mention(p)
	}
	r.server.metrics.participants.WithLabelValues(string(role)).Inc()
	r.server.cfg.Observer.Joined(r.name, p.person())
	p.log.Info("joined", "role", role, "single", how.single)

	r.startMedia(p, how)
	p.armMedia()
	p.refreshToken()
	r.tend()
	return p, nil
}

// replace ends a stay, if there was one, for a newer one of the same identity,
// which takes over its control of the canvas and its window.
func (r *liveRoom) replace(old *participant) (window *Visit) {
	if old == nil {
		return nil
	}
	window = old.visit.Swap(nil)
	old.replaced = true
	why := livekit.DisconnectReason_DUPLICATE_IDENTITY
	r.remove(old, why, &livekit.LeaveRequest{Reason: why})
	return window
}

// startMedia queues the first work of the media side, in the order that saves
// rounds: what the client will see is attached before its offer is answered.
func (r *liveRoom) startMedia(p *participant, how *joinParams) {
	opts := sfu.PeerOptions{
		Single: p.single, MayPublish: p.claims.Publish, Follows: p.claims.Role == room.Agent, TCP: how.tcp,
	}
	r.workers.Go(func() { p.runMedia(opts) })
	for _, q := range r.present {
		for _, t := range q.tracks {
			if q != p && t.live {
				r.offerTrack(p, t)
			}
		}
	}
	for _, add := range how.tracks {
		r.addTrack(p, add)
	}
	switch {
	case how.offer != nil:
		p.answerOffer(how.offer)
	case !p.single:
		p.withPeer(func(peer *sfu.Peer) error { return peer.Negotiate() })
	}
}

func (r *liveRoom) welcome(p *participant) *livekit.SignalResponse {
	times := r.server.cfg.Times
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Join{Join: &livekit.JoinResponse{
		Room:              r.describe(),
		Participant:       p.describe(),
		OtherParticipants: r.others(p),
		ServerVersion:     serverVersion,
		SubscriberPrimary: !p.single,
		PingTimeout:       int32(times.PingTimeout / time.Second),
		PingInterval:      int32(times.PingInterval / time.Second),
		ServerInfo:        serverInfo(),
		IceServers:        r.server.cfg.ICEServers(p.claims.Identity),

		EnabledPublishCodecs: publishCodecs(),
	}}}
}

func serverInfo() *livekit.ServerInfo {
	return &livekit.ServerInfo{
		Edition: livekit.ServerInfo_Standard, Version: serverVersion, Protocol: protocolVersion,
	}
}

// armMedia removes p when no media transport comes up in time.
func (p *participant) armMedia() {
	if p.timers.media != nil {
		p.timers.media.Stop()
	}
	r := p.room
	var timer *time.Timer
	timer = time.AfterFunc(r.server.cfg.Times.Media, func() {
		r.post(func() {
			if p.timers.media != timer {
				return
			}
			why := livekit.DisconnectReason_CONNECTION_TIMEOUT
			r.part(p, why, &livekit.LeaveRequest{
				Reason: why, Action: livekit.LeaveRequest_RECONNECT, CanReconnect: true,
			})
		})
	})
	p.timers.media = timer
}

// refreshToken keeps the client able to join again however long it stays.
func (p *participant) refreshToken() {
	cfg := p.room.server.cfg
	if p.timers.refresh != nil {
		p.timers.refresh.Stop()
	}
	fresh, err := cfg.Keys.Refresh(p.claims, p.role(), cfg.Times.TokenTTL)
	if err != nil {
		p.log.Warn("token not refreshed", "error", err)
		return
	}
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_RefreshToken{RefreshToken: fresh}})
	p.timers.refresh = time.AfterFunc(cfg.Times.TokenRefresh, func() {
		p.room.post(func() {
			if !p.gone {
				p.refreshToken()
			}
		})
	})
}

// hasAgent says whether an agent shows a canvas in the room.
func (r *liveRoom) hasAgent() bool {
	for _, p := range r.present {
		if p.claims.Role == room.Agent {
			return true
		}
	}
	return false
}
