package signon

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"

	"github.com/easel-live/easel/internal/secret"
)

// Flow is one attempt to sign in: a random word that only the browser has which
// began it. State, nonce and code verifier follow from it by a hash, so that
// none of what the provider and the address bar see tells another.
type Flow string

// NewFlow begins an attempt.
func NewFlow() Flow { return Flow(secret.Word(25)) }

var aFlow = regexp.MustCompile(`^[a-z2-7]{40}$`)

// ParseFlow reads the word of a cookie; false if it is none.
func ParseFlow(word string) (Flow, bool) { return Flow(word), aFlow.MatchString(word) }

func (f Flow) derive(what string) string {
	sum := sha256.Sum256([]byte(what + " of " + string(f)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (f Flow) state() string    { return f.derive("state") }
func (f Flow) nonce() string    { return f.derive("nonce") }
func (f Flow) verifier() string { return f.derive("verifier") }

// Began says whether a browser that comes back with a state was sent away by
// this flow.
func (f Flow) Began(state string) bool {
	return subtle.ConstantTimeCompare([]byte(state), []byte(f.state())) == 1
}
