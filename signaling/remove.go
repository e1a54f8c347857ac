package signaling

import (
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
)

// remove ends a stay: with a word to the client if it can still hear one, news
// to everybody else, and control of the canvas passed on.
func (r *liveRoom) remove(p *participant, why livekit.DisconnectReason, word *livekit.LeaveRequest) {
	if p.gone {
		return
	}
	p.gone, p.goneFor = true, why
	p.timers.stop()
	p.hangUp(why, word)
	if v := p.visit.Swap(nil); v != nil {
		v.window.Dismiss(leftBecause(why))
	}
	delete(r.present, p.claims.Identity)
	r.rebuildRoster()
	p.state = livekit.ParticipantInfo_DISCONNECTED
	r.announce(p)
	p.hookLeft()
	p.media.stop()
	r.presence.leave(p.claims.Identity)
	r.chat.Leave(p.claims.Identity, time.Now())
	r.server.metrics.participants.WithLabelValues(string(p.role())).Dec()
	p.showsBy("", "")
	r.server.cfg.Observer.Left(r.name, p.person())
	p.log.Info("left", "reason", why.String())
	if !p.replaced {
		r.arbiter.Leave(p.claims.Identity, time.Now())
		r.tend()
	}
	if len(r.present) == 0 && !r.closed {
		r.armEmpty()
	}
}

// hangUp ends the signal connection, with a word if the client can hear it.
func (p *participant) hangUp(why livekit.DisconnectReason, word *livekit.LeaveRequest) {
	if word != nil {
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Leave{Leave: word}})
	}
	if c := p.link.Swap(nil); c != nil {
		c.hangUp(websocket.CloseNormalClosure, why.String())
	}
}

// leftBecause says to a person at a window why they are taken out.
func leftBecause(why livekit.DisconnectReason) string {
	switch why {
	case livekit.DisconnectReason_PARTICIPANT_REMOVED:
		return "you were taken out of the session"
	case livekit.DisconnectReason_ROOM_DELETED, livekit.DisconnectReason_ROOM_CLOSED:
		return "the session has closed"
	case livekit.DisconnectReason_SERVER_SHUTDOWN:
		return "the server is shutting down"
	default:
		return "the connection ended"
	}
}

// fail removes p after an error that its client may heal by joining anew.
func (p *participant) fail(why livekit.DisconnectReason, err error) {
	p.log.Warn("participant failed", "reason", why.String(), "error", err)
	p.room.post(func() {
		p.room.remove(p, why, &livekit.LeaveRequest{
			Reason: why, Action: livekit.LeaveRequest_RECONNECT, CanReconnect: true,
		})
	})
}
