package signaling

import (
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

// resume gives a stay a new connection after its old one was lost. The client
// hears what it needs to carry on: the answer first, then the state as it is.
func (r *liveRoom) resume(claims *token.Claims, how *joinParams, c *conn) (*participant, error) {
	p := r.present[claims.Identity]
	if r.closed || p == nil || p.sid != how.sid || p.single != how.single {
		return nil, errNoSuchStay
	}
	if old := p.link.Swap(nil); old != nil {
		old.hangUp(websocket.CloseNormalClosure, "resumed on another connection")
	}
	p.timers.stopResume()
	r.arbiter.Back(p.claims.Identity, time.Now())
	c.send(encode(&livekit.SignalResponse{Message: &livekit.SignalResponse_Reconnect{
		Reconnect: &livekit.ReconnectResponse{
			ServerInfo: serverInfo(), IceServers: r.server.cfg.ICEServers(p.claims.Identity),
		},
	}}))
	for identity, info := range p.missed {
		if r.present[identity] == nil {
			c.send(encode(participantUpdate(info)))
		}
	}
	clear(p.missed)
	everyone := participantUpdate(append(r.others(p), p.describe())...)
	everyone.GetUpdate().FullSnapshot = true
	c.send(encode(everyone))
	c.send(encode(r.roomUpdate()))
	p.link.Store(c)
	p.armMediaUnlessConnected()
	p.withPeer(func(peer *sfu.Peer) error { return peer.RestartICE() })
	p.repeatWatched()
	r.tellConnections(p)
	if how.sync != nil {
		p.syncState(how.sync)
	}
	p.log.Info("resumed")
	r.tend()
	return p, nil
}

// interruptedSpacing keeps a client from being asked to resume again before the
// last time can have helped.
const interruptedSpacing = 10 * time.Second

// interrupted asks a client whose media has not arrived for seconds to resume,
// which restarts ICE: a browser by itself waits a quarter of a minute for UDP
// that has died before it tries TCP.
func (r *liveRoom) interrupted(p *participant) {
	if p.gone || time.Since(p.interrupted) < interruptedSpacing {
		return
	}
	p.interrupted = time.Now()
	p.log.Info("no media arrives, asked to resume")
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Leave{Leave: &livekit.LeaveRequest{
		Reason: livekit.DisconnectReason_CONNECTION_TIMEOUT, Action: livekit.LeaveRequest_RESUME, CanReconnect: true,
	}}})
}

// lost tells that a connection of p's ended. Unless another took its place, p
// has some seconds to resume.
func (r *liveRoom) lost(p *participant, c *conn) {
	if p.gone || !p.link.CompareAndSwap(c, nil) {
		return
	}
	p.handLost()
	p.timers.resume = time.AfterFunc(r.server.cfg.Times.Resume, func() {
		r.post(func() {
			if p.link.Load() == nil {
				r.part(p, livekit.DisconnectReason_SIGNAL_CLOSE, nil)
			}
		})
	})
}

// handLost tells that nothing p's hand does arrives, for the time being. At a
// window it does all the same.
func (p *participant) handLost() {
	if p.visit.Load() == nil {
		p.room.arbiter.Lost(p.claims.Identity, time.Now())
		p.room.tend()
	}
}

func (t *timers) stopResume() {
	if t.resume != nil {
		t.resume.Stop()
		t.resume = nil
	}
}

// armMediaUnlessConnected restarts the wait for a transport that is not up.
func (p *participant) armMediaUnlessConnected() {
	if p.timers.media != nil {
		p.armMedia()
	}
}
