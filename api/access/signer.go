package access

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Kind keeps passes of one use from being taken for those of another.
type Kind string

// What a pass may be.
const (
	Invite Kind = "invite" // to be shown once to join; may be passed on
	Guest  Kind = "guest"  // a guest's cookie
)

// MaxPassBytes bounds a signed pass.
const MaxPassBytes = 1024

// Errors of Signer.Open.
var (
	ErrPass    = errors.New("not a valid pass")
	ErrExpired = errors.New("expired")
)

// Pass is the signed permission to be in one session.
type Pass struct {
	Session string    `json:"s"`
	Role    room.Role `json:"r"`
	Expires time.Time `json:"e"`
}

// Signer signs passes with a secret; whoever holds one can't change it.
type Signer struct{ key []byte }

// NewSigner takes a secret of at least 32 bytes.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("access: signing key of %d bytes, at least 32", len(key))
	}
	return &Signer{key: key}, nil
}

// Sign returns the pass as base64url(JSON) "." base64url(HMAC-SHA-256).
func (s *Signer) Sign(kind Kind, p Pass) (string, error) {
	p.Expires = p.Expires.UTC().Truncate(time.Second)
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("access: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return b64(body) + "." + b64(s.mac(kind, body)), nil
}

// Open checks a signed pass. Its errors wrap ErrPass or ErrExpired.
func (s *Signer) Open(kind Kind, signed string, now time.Time) (Pass, error) {
	if len(signed) > MaxPassBytes {
		return Pass{}, fmt.Errorf("%w: too long", ErrPass)
	}
	head, tail, ok := strings.Cut(signed, ".")
	b64 := base64.RawURLEncoding.Strict()
	body, err1 := b64.DecodeString(head)
	mac, err2 := b64.DecodeString(tail)
	if !ok || err1 != nil || err2 != nil || !hmac.Equal(mac, s.mac(kind, body)) {
		return Pass{}, ErrPass
	}
	var p Pass
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Pass{}, fmt.Errorf("%w: %w", ErrPass, err)
	}
	if !now.Before(p.Expires) {
		return Pass{}, fmt.Errorf("%w on %s", ErrExpired, p.Expires.Format(time.RFC1123))
	}
	return p, nil
}

func (s *Signer) mac(kind Kind, body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}
