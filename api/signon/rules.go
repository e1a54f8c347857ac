package signon

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/easel-live/easel/account"
)

// Claims are what a provider says of somebody.
type Claims map[string]any

// Match is a claim that somebody has: the claim is the value, or a list with it.
type Match struct {
	Claim string // dots lead into objects: realm_access.roles
	Value string
}

// Rules say what a provider's claims mean here.
type Rules struct {
	Allow []Match // one of them lets somebody in; none: everybody whom the provider knows
	Admin []Match // one of them makes an administrator; none: that is not the provider's business
	Plans []Grant // the first that matches; none at all: the same
}

// Grant is a plan for who has a claim.
type Grant struct {
	Match
	Plan string
}

// ErrRule is wrapped by the errors of parsing.
var ErrRule = errors.New("bad rule")

// ParseMatch reads claim=value.
func ParseMatch(text string) (Match, error) {
	claim, value, ok := strings.Cut(text, "=")
	if claim = strings.TrimSpace(claim); !ok || claim == "" || value == "" {
		return Match{}, fmt.Errorf("%w %q: want CLAIM=VALUE", ErrRule, text)
	}
	return Match{claim, value}, nil
}

// ParseGrant reads claim=value:plan.
func ParseGrant(text string) (Grant, error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || at == len(text)-1 {
		return Grant{}, fmt.Errorf("%w %q: want CLAIM=VALUE:PLAN", ErrRule, text)
	}
	m, err := ParseMatch(text[:at])
	return Grant{m, text[at+1:]}, err
}

// is says whether the claims have the match.
func (m Match) is(claims Claims) bool {
	var at any = map[string]any(claims)
	path := m.Claim
	for path != "" {
		object, ok := at.(map[string]any)
		if !ok {
			return false
		}
		// A claim whose own name has dots, such as a URL, is looked for first.
		if value, whole := object[path]; whole {
			at = value
			break
		}
		name, rest, _ := strings.Cut(path, ".")
		at, path = object[name], rest
	}
	if list, ok := at.([]any); ok {
		for _, one := range list {
			if word(one) == m.Value {
				return true
			}
		}
		return false
	}
	return word(at) == m.Value
}

// word is a claim's value as rules write it; empty for what they can't.
func word(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool, float64:
		return fmt.Sprint(v)
	}
	return ""
}

func anyOf(list []Match, claims Claims) bool {
	for _, m := range list {
		if m.is(claims) {
			return true
		}
	}
	return false
}

// admit makes of claims who somebody is here, or ErrBarred.
func (r Rules) admit(issuer, subject string, claims Claims) (account.External, error) {
	if len(r.Allow) > 0 && !anyOf(r.Allow, claims) {
		return account.External{}, ErrBarred
	}
	email := word(claims["email"])
	if said, ok := claims["email_verified"].(bool); ok && !said {
		email = "" // anybody may have written it
	}
	local, _, _ := strings.Cut(email, "@")
	e := account.External{
		Issuer: issuer, Subject: subject, Email: email,
		Name:    cmp.Or(word(claims["preferred_username"]), local, word(claims["nickname"]), word(claims["name"])),
		Display: cmp.Or(word(claims["name"]), word(claims["preferred_username"]), local),
	}
	if len(r.Admin) > 0 {
		admin := anyOf(r.Admin, claims)
		e.Admin = &admin
	}
	if len(r.Plans) > 0 {
		plan := ""
		for _, g := range r.Plans {
			if g.is(claims) {
				plan = g.Plan
				break
			}
		}
		e.Plan = &plan
	}
	return e, nil
}
