package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what a credential lets its bearer in by.
type Kind string

// The kinds of credential.
const (
	Login Kind = "login" // a browser's cookie
	Link  Kind = "link"  // works once
	Token Kind = "token" // a program's
)

// How long credentials are good for.
const (
	LoginTTL    = 30 * 24 * time.Hour
	LinkTTL     = 24 * time.Hour
	MaxTokenTTL = 366 * 24 * time.Hour
)

// Bounds of how many credentials a user has.
const (
	MaxLogins = 50 // the oldest make room
	MaxTokens = 50
)

// Credential is a secret's record: what it opens, and never the secret.
type Credential struct {
	ID      string
	Kind    Kind
	User    string // whose
	Hash    string // SHA-256 of the secret
	Name    string // of a token, for people; of a login, how it came about
	Scopes  []Scope
	Created time.Time
	Expires time.Time
	Used    time.Time // last, to within a minute; zero: never
}

// ByLink is the name of a login that a one-time link began: who came so may
// choose a password without knowing the last.
const ByLink = "link"

// Scope is a part of what a user may do that a token may do too.
type Scope string

// The scopes. None lets a token make tokens or change passwords.
const (
	Read     Scope = "read"     // see sessions and usage
	Sessions Scope = "sessions" // start, end and open sessions, invite to them
	Admin    Scope = "admin"    // what administrators do, for a token of one
)

// Errors of credentials.
var (
	ErrScope        = errors.New("a token has at least one of the scopes read, sessions, admin")
	ErrTokenName    = errors.New("a token needs a name of at most 64 bytes")
	ErrTokenTTL     = fmt.Errorf("a token is good for between a minute and %d days", int(MaxTokenTTL.Hours())/24)
	ErrTooMany      = fmt.Errorf("there are %d tokens already: revoke some", MaxTokens)
	ErrNoCredential = errors.New("there is no such token")
)

// CheckScopes says what is wrong with the scopes that a user wants for a token.
func CheckScopes(u User, scopes []Scope) error {
	if len(scopes) == 0 || len(scopes) > 3 {
		return ErrScope
	}
	for _, s := range scopes {
		if s != Read && s != Sessions && s != Admin {
			return ErrScope
		}
	}
	if slices.Contains(scopes, Admin) && !u.Admin {
		return fmt.Errorf("%w: only an administrator's token may have admin", ErrScope)
	}
	return nil
}

// May says whether a credential may do what needs a scope. The sessions scope
// includes reading, admin everything; a login may do all that its user may.
func (c Credential) May(need Scope) bool {
	switch {
	case c.Kind == Login:
		return true
	case need == "":
		return false
	case slices.Contains(c.Scopes, need), slices.Contains(c.Scopes, Admin):
		return true
	}
	return need == Read && slices.Contains(c.Scopes, Sessions)
}

// tokenPrefix lets people and scanners of leaked secrets know a token.
const tokenPrefix = "easel_"

// ParseToken reads the secret of an Authorization header's value, by RFC 6750
// section 2.1; false if it carries none of ours.
func ParseToken(header string) (secret string, ok bool) {
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.TrimLeft(rest, " ")
	if !strings.EqualFold(scheme, "Bearer") || len(rest) > 128 || !strings.HasPrefix(rest, tokenPrefix) {
		return "", false
	}
	for _, c := range rest[len(tokenPrefix):] {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "", false
		}
	}
	if len(rest) == len(tokenPrefix) {
		return "", false
	}
	return rest, true
}
