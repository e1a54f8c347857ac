package signaling

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
)

// ListParticipants lists who is in a room, the hidden ones too.
func (s service) ListParticipants(ctx context.Context, req *livekit.ListParticipantsRequest) (*livekit.ListParticipantsResponse, error) {
	list := &livekit.ListParticipantsResponse{}
	err := s.inRoom(ctx, req.GetRoom(), func(r *liveRoom) error {
		for _, p := range r.present {
			list.Participants = append(list.Participants, copyOf(p.describe()))
		}
		return nil
	})
	slices.SortFunc(list.Participants, func(a, b *livekit.ParticipantInfo) int { return strings.Compare(a.GetIdentity(), b.GetIdentity()) })
	return list, err
}

// GetParticipant describes one.
func (s service) GetParticipant(ctx context.Context, req *livekit.RoomParticipantIdentity) (*livekit.ParticipantInfo, error) {
	var info *livekit.ParticipantInfo
	err := s.ofParticipant(ctx, req.GetRoom(), req.GetIdentity(), func(p *participant) error {
		info = copyOf(p.describe())
		return nil
	})
	return info, err
}

// RemoveParticipant sends somebody away. Their token still opens the room.
func (s service) RemoveParticipant(ctx context.Context, req *livekit.RoomParticipantIdentity) (*livekit.RemoveParticipantResponse, error) {
	err := s.ofParticipant(ctx, req.GetRoom(), req.GetIdentity(), func(p *participant) error {
		why := livekit.DisconnectReason_PARTICIPANT_REMOVED
		p.room.remove(p, why, &livekit.LeaveRequest{Reason: why, Action: livekit.LeaveRequest_DISCONNECT})
		return nil
	})
	return &livekit.RemoveParticipantResponse{}, err
}

// MutePublishedTrack has a publisher mute a track. Only the publisher unmutes,
// and the canvas has no mute.
func (s service) MutePublishedTrack(ctx context.Context, req *livekit.MuteRoomTrackRequest) (*livekit.MuteRoomTrackResponse, error) {
	reply := &livekit.MuteRoomTrackResponse{}
	err := s.ofParticipant(ctx, req.GetRoom(), req.GetIdentity(), func(p *participant) error {
		t := p.trackBySID(req.GetTrackSid())
		switch {
		case t == nil:
			return fmt.Errorf("%w: %q", errNoTrack, req.GetTrackSid())
		case p.claims.Role == room.Agent:
			return fmt.Errorf("%w: the canvas cannot be muted", errState)
		case !req.GetMuted() && t.info.GetMuted():
			return fmt.Errorf("%w: only its publisher unmutes a track", errState)
		case req.GetMuted():
			mute := &livekit.MuteTrackRequest{Sid: req.GetTrackSid(), Muted: true}
			p.room.muteTrack(p, mute)
			p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Mute{Mute: mute}})
		}
		reply.Track = copyOf(t.info)
		return nil
	})
	return reply, err
}

// UpdateParticipant changes what somebody shows of themselves, and by the
// attribute easel.role what they may do. LiveKit's permissions follow from that.
func (s service) UpdateParticipant(ctx context.Context, req *livekit.UpdateParticipantRequest) (*livekit.ParticipantInfo, error) {
	if req.GetPermission() != nil {
		return nil, unsupported("changing the permissions of somebody present; set the attribute " + room.RoleAttribute)
	}
	role, decides := req.GetAttributes()[room.RoleAttribute]
	delete(req.Attributes, room.RoleAttribute)
	for key := range req.GetAttributes() {
		if strings.HasPrefix(key, ownTopics) {
			return nil, twirpError(fmt.Errorf("%w: attribute %q", errProtected, key))
		}
	}
	var info *livekit.ParticipantInfo
	err := s.ofParticipant(ctx, req.GetRoom(), req.GetIdentity(), func(p *participant) error {
		if !p.setDetails(req.GetName(), req.GetMetadata(), req.GetAttributes()) {
			return fmt.Errorf("%w: name, metadata or attributes are too large", errArgument)
		}
		if decides {
			if err := p.room.appoint(p, room.Role(role), Person{}); err != nil {
				return fmt.Errorf("%w: %w", errArgument, err)
			}
		}
		p.room.announce(p)
		info = copyOf(p.describe())
		return nil
	})
	return info, err
}

// UpdateSubscriptions subscribes somebody to tracks, or ends that.
func (s service) UpdateSubscriptions(ctx context.Context, req *livekit.UpdateSubscriptionsRequest) (*livekit.UpdateSubscriptionsResponse, error) {
	update := &livekit.UpdateSubscription{
		TrackSids: req.GetTrackSids(), ParticipantTracks: req.GetParticipantTracks(), Subscribe: req.GetSubscribe(),
	}
	err := s.ofParticipant(ctx, req.GetRoom(), req.GetIdentity(), func(p *participant) error {
		sids := slices.Clone(req.GetTrackSids())
		for _, of := range req.GetParticipantTracks() {
			sids = append(sids, of.GetTrackSids()...)
		}
		if len(sids) > maxSubscriptions {
			return fmt.Errorf("%w: more than %d tracks", errArgument, maxSubscriptions)
		}
		for _, sid := range sids {
			if publisher := p.room.publisherOf(sid); publisher == nil || publisher == p {
				return fmt.Errorf("%w: %q", errNoTrack, sid)
			}
		}
		p.updateSubscription(update)
		return nil
	})
	return &livekit.UpdateSubscriptionsResponse{}, err
}

// SendData sends a data packet from nobody in the room, to everyone or some.
func (s service) SendData(ctx context.Context, req *livekit.SendDataRequest) (*livekit.SendDataResponse, error) {
	raw, kind, err := s.packet(req)
	if err != nil {
		return nil, twirpError(err)
	}
	//lint:ignore SA1019 older SDKs name sids
	sids := req.GetDestinationSids()
	err = s.inRoom(ctx, req.GetRoom(), func(r *liveRoom) error {
		everyone := len(sids)+len(req.GetDestinationIdentities()) == 0
		for identity, p := range r.present {
			if everyone || slices.Contains(req.GetDestinationIdentities(), identity) || slices.Contains(sids, p.sid) {
				p.sendData(kind, raw)
			}
		}
		return nil
	})
	return &livekit.SendDataResponse{}, err
}

func (s service) packet(req *livekit.SendDataRequest) ([]byte, sfu.DataKind, error) {
	kind := sfu.Reliable
	if req.GetKind() == livekit.DataPacket_LOSSY {
		kind = sfu.Lossy
	}
	limit := s.server.cfg.Limits.DataBytes
	if kind == sfu.Lossy {
		limit = min(limit, sfu.MaxLossy)
	}
	//lint:ignore SA1019 older SDKs name sids
	named := len(req.GetDestinationSids()) + len(req.GetDestinationIdentities())
	switch {
	case strings.HasPrefix(req.GetTopic(), ownTopics):
		return nil, kind, fmt.Errorf("%w: topic %q", errProtected, req.GetTopic())
	case named > maxDestinations:
		return nil, kind, fmt.Errorf("%w: more than %d destinations", errArgument, maxDestinations)
	}
	raw, err := userPacket(&livekit.UserPacket{Payload: req.GetData(), Topic: req.Topic, Nonce: req.GetNonce()})
	switch {
	case err != nil:
		return nil, kind, fmt.Errorf("%w: %w", errArgument, err)
	case len(raw) > limit:
		return nil, kind, fmt.Errorf("%w: a packet of %d bytes, at most %d", errArgument, len(raw), limit)
	}
	return raw, kind, nil
}
