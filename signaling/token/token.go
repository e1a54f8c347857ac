// Package token mints and verifies the signed permissions that open a room:
// LiveKit access tokens (JWT, HS256), so that any LiveKit SDK can carry them
// and any LiveKit tool can make one.
//
// A token of Easel's own names the holder's role in the participant attribute
// room.RoleAttribute. A token that says nothing about a role is one of a stock
// LiveKit tool: its holder is a viewer, and may besides publish what its grant
// allows, in rooms where no agent shows a canvas.
package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
)

// ErrGrant is wrapped by Mint's errors about what was to be granted.
var ErrGrant = errors.New("token: bad grant")

// Grant is what a token is minted for.
type Grant struct {
	Room     string
	Identity string // unique within the room; a second join replaces the first
	Name     string // shown to people; may be empty
	Role     room.Role
	Person   string        // the same for all windows of one person; may be empty
	TTL      time.Duration // how long the token opens the room; must be positive
}

// Mint signs a token with an API key and its secret.
func Mint(key, secret string, g Grant) (string, error) {
	if err := room.CheckName(g.Room); err != nil {
		return "", fmt.Errorf("%w: room: %w", ErrGrant, err)
	}
	if err := room.CheckName(g.Identity); err != nil {
		return "", fmt.Errorf("%w: identity: %w", ErrGrant, err)
	}
	role, err := room.ParseRole(string(g.Role))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrGrant, err)
	}
	if g.TTL <= 0 {
		return "", fmt.Errorf("%w: lifetime %v", ErrGrant, g.TTL)
	}
	attributes := map[string]string{room.RoleAttribute: string(role)}
	if g.Person != "" {
		attributes[room.PersonAttribute] = g.Person
	}
	isAgent := role == room.Agent
	canSubscribe, canPublish, canData := !isAgent, role.MayPublish(), true
	t := auth.NewAccessToken(key, secret).
		SetIdentity(g.Identity).
		SetName(g.Name).
		SetValidFor(g.TTL).
		SetAttributes(attributes).
		SetVideoGrant(&auth.VideoGrant{
			RoomJoin:             true,
			Room:                 g.Room,
			CanSubscribe:         &canSubscribe,
			CanPublish:           &canPublish,
			CanPublishData:       &canData,
			CanUpdateOwnMetadata: &isAgent,
		})
	if isAgent {
		t.SetKind(livekit.ParticipantInfo_AGENT)
	}
	raw, err := t.ToJWT()
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return raw, nil
}
