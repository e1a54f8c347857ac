package signaling

import (
	"fmt"
	"time"

	"github.com/livekit/protocol/livekit"
)

// dispatch acts on one message of p's client. It runs on the client's reader;
// what touches the room goes through the room's goroutine, what touches media
// through the worker. An error ends the connection.
func (p *participant) dispatch(req *livekit.SignalRequest) error {
	switch m := req.GetMessage().(type) {
	case *livekit.SignalRequest_Offer:
		p.answerOffer(m.Offer)
	case *livekit.SignalRequest_Answer:
		p.applyAnswer(m.Answer)
	case *livekit.SignalRequest_Trickle:
		return p.onTrickle(m.Trickle)
	case *livekit.SignalRequest_AddTrack:
		p.room.call(func() { p.room.addTrack(p, m.AddTrack) })
	case *livekit.SignalRequest_Mute:
		p.room.call(func() { p.room.muteTrack(p, m.Mute) })
	case *livekit.SignalRequest_UpdateLayers:
		//lint:ignore SA1019 the only message that carries each layer's size
		p.room.call(func() { p.room.updateLayers(p, m.UpdateLayers.GetTrackSid(), m.UpdateLayers.GetLayers()) })
	case *livekit.SignalRequest_UpdateVideoTrack:
		p.room.call(func() { p.room.resizeTrack(p, m.UpdateVideoTrack) })
	case *livekit.SignalRequest_Subscription:
		p.room.call(func() { p.updateSubscription(m.Subscription) })
	case *livekit.SignalRequest_TrackSetting:
		p.onTrackSettings(m.TrackSetting)
	case *livekit.SignalRequest_UpdateMetadata:
		p.room.call(func() { p.onUpdateMetadata(m.UpdateMetadata) })
	case *livekit.SignalRequest_SyncState:
		p.room.call(func() { p.syncState(m.SyncState) })
	case *livekit.SignalRequest_Ping:
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Pong{Pong: time.Now().UnixMilli()}})
	case *livekit.SignalRequest_PingReq:
		p.onPing(m.PingReq)
	case *livekit.SignalRequest_Simulate:
		p.onSimulate(m.Simulate)
	case *livekit.SignalRequest_Leave:
		p.room.call(func() { p.room.part(p, livekit.DisconnectReason_CLIENT_INITIATED, nil) })
	case nil:
		// A message newer than this server: clients probe for features so.
		p.log.Debug("unknown signal message")
	default:
		p.log.Debug("signal message without effect", "type", fmt.Sprintf("%T", m))
	}
	return nil
}

func (p *participant) onPing(ping *livekit.Ping) {
	p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_PongResp{PongResp: &livekit.Pong{
		LastPingTimestamp: ping.GetTimestamp(), Timestamp: time.Now().UnixMilli(),
	}}})
}

// onSimulate plays the scenarios in which the server's part is to send somebody
// away, to come back or not. The others are refused: lines, bandwidth among them,
// are tried on a real one, and nobody but the room says who speaks.
func (p *participant) onSimulate(s *livekit.SimulateScenario) {
	leave := &livekit.LeaveRequest{Reason: livekit.DisconnectReason_SERVER_SHUTDOWN}
	switch s.GetScenario().(type) {
	case *livekit.SimulateScenario_ServerLeave:
	case *livekit.SimulateScenario_NodeFailure, *livekit.SimulateScenario_Migration,
		*livekit.SimulateScenario_LeaveRequestFullReconnect:
		leave.Action, leave.CanReconnect = livekit.LeaveRequest_RECONNECT, true
	default:
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
			RequestResponse: &livekit.RequestResponse{
				Reason:  livekit.RequestResponse_UNSUPPORTED_TYPE,
				Message: "this server does not simulate that: try it on a real line",
			},
		}})
		return
	}
	p.room.call(func() { p.room.remove(p, leave.GetReason(), leave) })
}
