package token

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
)

// Why a token does not open a room. The texts go to the client.
var (
	ErrMissing    = errors.New("access token missing")
	ErrMalformed  = errors.New("access token malformed")
	ErrUnknownKey = errors.New("access token signed with an unknown key")
	ErrInvalid    = errors.New("access token invalid or expired")
	ErrForbidden  = errors.New("access token does not allow joining")
	ErrPowers     = errors.New("access token does not allow this")
)

// MaxBytes bounds an encoded token.
const MaxBytes = 16 << 10

// Keys are the API keys a server accepts, each with its secret.
type Keys map[string]string

// Claims is what a verified token says.
type Claims struct {
	Room, Identity, Name, Metadata string

	// Role is the holder's; Stock says that the token named none and the
	// holder is a viewer for want of it.
	Role  room.Role
	Stock bool
	Kind  livekit.ParticipantInfo_Kind

	Attributes map[string]string
	Publish    bool // tracks, of Sources only if that is not empty
	Sources    []livekit.TrackSource
	Subscribe  bool
	Data       bool
	UpdateSelf bool // own name, metadata and attributes
	Hidden     bool

	Expires time.Time

	key    string
	grants *auth.ClaimGrants
}

// Verify checks signature, lifetime and grant of an encoded token.
func (k Keys) Verify(raw string) (*Claims, error) {
	key, expires, grants, err := k.open(raw)
	if err != nil {
		return nil, err
	}
	c, err := read(grants)
	if err != nil {
		return nil, err
	}
	c.key, c.Expires = key, expires
	return c, nil
}

// open checks signature and lifetime alone.
func (k Keys) open(raw string) (key string, expires time.Time, grants *auth.ClaimGrants, err error) {
	switch {
	case raw == "":
		return "", expires, nil, ErrMissing
	case len(raw) > MaxBytes:
		return "", expires, nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(raw))
	}
	v, err := auth.ParseAPIToken(raw)
	if err != nil {
		return "", expires, nil, ErrMalformed
	}
	secret, ok := k[v.APIKey()]
	if !ok || secret == "" {
		return "", expires, nil, ErrUnknownKey
	}
	registered, grants, err := v.Verify(secret)
	if err != nil {
		return "", expires, nil, ErrInvalid
	}
	return v.APIKey(), registered.ExpiresAt.Time, grants, nil
}

// Refresh signs the same permissions anew, with the role that their holder has
// now, for a client that stays longer than its token lasts and may have to join
// again.
func (k Keys) Refresh(c *Claims, role room.Role, ttl time.Duration) (string, error) {
	t := auth.NewAccessToken(c.key, k[c.key]).SetValidFor(ttl)
	*t.GetGrants() = *c.grants
	if role != c.Role {
		attributes := maps.Clone(c.Attributes)
		if attributes == nil {
			attributes = make(map[string]string)
		}
		attributes[room.RoleAttribute] = string(role)
		t.SetAttributes(attributes)
	}
	raw, err := t.ToJWT()
	if err != nil {
		return "", fmt.Errorf("token: refresh: %w", err)
	}
	return raw, nil
}

func read(g *auth.ClaimGrants) (*Claims, error) {
	if g.Video == nil || !g.Video.RoomJoin {
		return nil, ErrForbidden
	}
	if err := room.CheckName(g.Video.Room); err != nil {
		return nil, fmt.Errorf("%w: room: %w", ErrForbidden, err)
	}
	if err := room.CheckName(g.Identity); err != nil {
		return nil, fmt.Errorf("%w: identity: %w", ErrForbidden, err)
	}
	if g.Name != "" {
		if err := room.CheckName(g.Name); err != nil {
			return nil, fmt.Errorf("%w: name: %w", ErrForbidden, err)
		}
	}
	named, stated := g.Attributes[room.RoleAttribute]
	role, err := room.ParseRole(named)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	c := &Claims{
		Room: g.Video.Room, Identity: g.Identity, Name: g.Name, Metadata: g.Metadata,
		Role: role, Stock: !stated, Kind: g.GetParticipantKind(),
		Attributes: maps.Clone(g.Attributes),
		Subscribe:  g.Video.GetCanSubscribe(),
		Data:       g.Video.GetCanPublishData(),
		UpdateSelf: g.Video.GetCanUpdateOwnMetadata(),
		Hidden:     g.Video.Hidden,
		grants:     g,
	}
	c.Publish = g.Video.GetCanPublish() && (c.Stock || role.MayPublish())
	c.Sources = slices.Clone(g.Video.GetCanPublishSources())
	return c, nil
}
