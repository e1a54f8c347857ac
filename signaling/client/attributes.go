package client

import (
	"maps"

	"github.com/livekit/protocol/livekit"
)

// SetAttributes sets attributes of this participant, seen by all; an empty
// value deletes one. While the server is out of reach they wait for the resume.
func (c *Conn) SetAttributes(attrs map[string]string) error {
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	c.mu.Lock()
	maps.Copy(c.attrs, attrs)
	l := c.link
	c.mu.Unlock()
	if l == nil {
		return nil
	}
	if err := l.write(attributesRequest(attrs)); err != nil {
		c.log.Debug("attributes wait for the resume", "error", err)
	}
	return nil
}

func attributesRequest(attrs map[string]string) *livekit.SignalRequest {
	return &livekit.SignalRequest{Message: &livekit.SignalRequest_UpdateMetadata{
		UpdateMetadata: &livekit.UpdateParticipantMetadata{Attributes: attrs},
	}}
}
