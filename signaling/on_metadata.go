package signaling

import (
	"strings"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
)

// onUpdateMetadata changes what a participant shows of itself, as far as it may.
func (p *participant) onUpdateMetadata(u *livekit.UpdateParticipantMetadata) {
	reason, text := livekit.RequestResponse_OK, ""
	switch {
	case !p.claims.UpdateSelf:
		reason, text = livekit.RequestResponse_NOT_ALLOWED, "this token does not allow changing name, metadata or attributes"
	case !p.setDetails(u.GetName(), u.GetMetadata(), u.GetAttributes()):
		reason, text = livekit.RequestResponse_LIMIT_EXCEEDED, "name, metadata or attributes are too large or not one's own"
	default:
		p.room.announce(p)
	}
	if reason != livekit.RequestResponse_OK || u.GetRequestId() != 0 {
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
			RequestResponse: &livekit.RequestResponse{
				RequestId: u.GetRequestId(), Reason: reason, Message: text,
				Request: &livekit.RequestResponse_UpdateMetadata{UpdateMetadata: u},
			},
		}})
	}
}

// setDetails changes name, metadata and attributes, those that are given; an
// empty attribute goes away. It changes all or nothing.
func (p *participant) setDetails(name, metadata string, attributes map[string]string) bool {
	limit := p.room.server.cfg.Limits.MetadataBytes
	if len(metadata) > limit || name != "" && room.CheckName(name) != nil {
		return false
	}
	size := 0
	merged := make(map[string]string, len(p.attributes)+len(attributes))
	for k, v := range p.attributes {
		merged[k] = v
	}
	for k, v := range attributes {
		if !p.mayAttribute(k) {
			return false
		}
		if v == "" {
			delete(merged, k)
			continue
		}
		merged[k] = v
	}
	for k, v := range merged {
		size += len(k) + len(v)
	}
	if size > limit {
		return false
	}
	p.attributes = merged
	if name != "" {
		p.name = name
	}
	if metadata != "" {
		p.metadata = metadata
	}
	return true
}

// mayAttribute says whether p may set an attribute: Easel's own are the
// server's, but for what the display is like, which is the agent's to tell.
func (p *participant) mayAttribute(key string) bool {
	switch {
	case !strings.HasPrefix(key, ownTopics):
		return true
	case key == room.DisplayAttribute, key == room.ScaleAttribute, key == room.UnfitAttribute:
		return p.claims.Role == room.Agent
	default:
		return false
	}
}
