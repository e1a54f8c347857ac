package signon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/easel-live/easel/account"
)

// Config says which provider, and what it knows us by.
type Config struct {
	Issuer         string // URL, as the provider's own configuration has it
	Client, Secret string // the secret is empty for a public client
	Name           string // of the provider, for the button
	Scopes         []string
	Rules          Rules
}

// patience bounds each request to the provider.
const patience = 10 * time.Second

// Why nobody was let in.
var (
	// ErrAway says that the provider does not answer, or not as one does.
	ErrAway = errors.New("the sign-in provider does not answer as it should")
	// ErrForged says that what the browser came back with was not this
	// provider's word about this attempt.
	ErrForged = errors.New("the sign-in provider's answer is not valid")
	// ErrBarred says that the rules let somebody not in.
	ErrBarred = errors.New("this account may not use Easel")
)

// Provider is an OpenID provider. Its configuration is read when somebody first
// wants to sign in: that it is away must not keep the server from starting.
type Provider struct {
	cfg    Config
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil: not read yet
}

// New makes a Provider and asks it nothing.
func New(cfg Config) *Provider {
	return &Provider{cfg: cfg, client: &http.Client{Timeout: patience}}
}

// Name is what people call it.
func (p *Provider) Name() string { return p.cfg.Name }

// discover reads the provider's configuration, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) oauth(found *oidc.Provider, back string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.Client, ClientSecret: p.cfg.Secret, Endpoint: found.Endpoint(), RedirectURL: back,
		Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
	}
}

// Leave is the URL at the provider to which a flow sends the browser; it comes
// back to the URL back.
func (p *Provider) Leave(ctx context.Context, f Flow, back string) (string, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return p.oauth(found, back).AuthCodeURL(f.state(), oidc.Nonce(f.nonce()), oauth2.S256ChallengeOption(f.verifier())), nil
}

// Return is who came back with a code. The state has been looked at already.
func (p *Provider) Return(ctx context.Context, f Flow, back, code string, now time.Time) (account.External, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return account.External{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(found, back).Exchange(ctx, code, oauth2.VerifierOption(f.verifier()))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) && refused.Response.StatusCode < 500 {
		return account.External{}, fmt.Errorf("%w: %w", ErrForged, err)
	} else if err != nil {
		return account.External{}, fmt.Errorf("%w: %w", ErrAway, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.cfg.Client, Now: func() time.Time { return now }}).Verify(ctx, raw)
	if err != nil {
		return account.External{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if id.Nonce != f.nonce() {
		return account.External{}, fmt.Errorf("%w: it was said for another attempt", ErrForged)
	}
	claims := make(Claims)
	if err := id.Claims(&claims); err != nil {
		return account.External{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if err := p.complete(ctx, found, token, id.Subject, claims); err != nil {
		return account.External{}, err
	}
	return p.cfg.Rules.admit(id.Issuer, id.Subject, claims)
}

// complete adds the claims that are only at the provider's UserInfo endpoint,
// where it has one (OpenID Connect Core 1.0, section 5.3).
func (p *Provider) complete(ctx context.Context, found *oidc.Provider, token *oauth2.Token, subject string, claims Claims) error {
	if found.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	if info.Subject != subject {
		return fmt.Errorf("%w: its UserInfo is about somebody else", ErrForged)
	}
	more := make(Claims)
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	for name, value := range more {
		if _, said := claims[name]; !said && !slices.Contains(protocol, name) {
			claims[name] = value
		}
	}
	return nil
}

// protocol are the claims that only a signed token may make.
var protocol = []string{"iss", "sub", "aud", "exp", "iat", "nonce"}
