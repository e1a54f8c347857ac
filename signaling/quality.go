package signaling

import (
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
)

// connectionChanged tells p, and everyone whom p shows something, how well p's
// connection does. Nobody hears of their own that it is lost: they notice, and
// LiveKit's publishers start over when told so.
func (r *liveRoom) connectionChanged(p *participant, c sfu.Connection) {
	if p.gone {
		return
	}
	p.connection, p.hasConnection = c, true
	msg := encode(connectionUpdate(p))
	for _, q := range r.present {
		if q != p && p.isShowing() || q == p && c != sfu.Lost {
			q.sendRaw(msg)
		}
	}
}

// tellConnections tells a newcomer, or who is back, what they missed.
func (r *liveRoom) tellConnections(p *participant) {
	var known []*participant
	for _, q := range r.present {
		if q.hasConnection && (q != p && q.isShowing() || q == p && q.connection != sfu.Lost) {
			known = append(known, q)
		}
	}
	if len(known) > 0 {
		p.send(connectionUpdate(known...))
	}
}

// isShowing says whether others receive something of p.
func (p *participant) isShowing() bool {
	for _, t := range p.tracks {
		if t.live && !p.claims.Hidden {
			return true
		}
	}
	return false
}

func connectionUpdate(of ...*participant) *livekit.SignalResponse {
	update := &livekit.ConnectionQualityUpdate{}
	for _, p := range of {
		update.Updates = append(update.Updates, &livekit.ConnectionQualityInfo{
			ParticipantSid: p.sid, Quality: livekit.ConnectionQuality(p.connection), Score: score(p.connection),
		})
	}
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_ConnectionQuality{ConnectionQuality: update}}
}

// score is a connection as a mean opinion score, of 5.
func score(c sfu.Connection) float32 {
	switch c {
	case sfu.Excellent:
		return 4.5
	case sfu.Good:
		return 3.5
	case sfu.Poor:
		return 2
	default:
		return 1
	}
}
