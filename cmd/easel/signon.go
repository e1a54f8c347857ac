package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/api/signon"
)

// signonFlags say which OpenID provider lets people in.
type signonFlags struct {
	Issuer     string   `env:"EASEL_OIDC_ISSUER" name:"oidc-issuer" help:"URL of an OpenID provider by which people sign in; default none."`
	Client     string   `env:"EASEL_OIDC_CLIENT" name:"oidc-client" help:"What the provider knows this server by."`
	Secret     string   `env:"EASEL_OIDC_SECRET" name:"oidc-secret" help:"The secret that the provider gave to the client; none for a public client."`
	SecretFile string   `env:"EASEL_OIDC_SECRET_FILE" name:"oidc-secret-file" type:"path" help:"A file with that secret instead."`
	Name       string   `env:"EASEL_OIDC_NAME" name:"oidc-name" help:"What people call the provider, for the button; default its host."`
	Scopes     []string `env:"EASEL_OIDC_SCOPES" name:"oidc-scopes" default:"profile,email" help:"What to ask the provider for besides openid."`
	Allow      []string `env:"EASEL_OIDC_ALLOW" name:"oidc-allow" help:"Who may come in: CLAIM=VALUE, such as groups=artists; default everybody whom the provider knows."`
	Admin      []string `env:"EASEL_OIDC_ADMIN" name:"oidc-admin" help:"Who is an administrator: CLAIM=VALUE; default as administrators set it here."`
	Plans      []string `env:"EASEL_OIDC_PLANS" name:"oidc-plans" help:"Who has which plan: CLAIM=VALUE:PLAN, the first that matches; default as administrators set it here."`
}

// provider is what the flags come to; nil without one.
func (f signonFlags) provider(plans account.Plans) (*signon.Provider, error) {
	if f.Issuer == "" {
		return nil, nil
	}
	issuer, err := url.Parse(f.Issuer)
	if err != nil || issuer.Scheme != "https" && issuer.Scheme != "http" || issuer.Host == "" {
		return nil, fmt.Errorf("EASEL_OIDC_ISSUER %q: want the URL of a provider", f.Issuer)
	}
	if f.Client == "" {
		return nil, errors.New("EASEL_OIDC_CLIENT must say what the provider knows this server by")
	}
	cfg := signon.Config{Issuer: f.Issuer, Client: f.Client, Secret: f.Secret, Name: f.Name, Scopes: f.Scopes}
	if cfg.Name == "" {
		cfg.Name = issuer.Hostname()
	}
	if f.SecretFile != "" {
		b, err := os.ReadFile(f.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("EASEL_OIDC_SECRET_FILE: %w", err)
		}
		cfg.Secret = strings.TrimSpace(string(b))
	}
	if cfg.Rules, err = f.rules(plans); err != nil {
		return nil, err
	}
	return signon.New(cfg), nil
}

func (f signonFlags) rules(plans account.Plans) (signon.Rules, error) {
	var r signon.Rules
	for _, text := range f.Allow {
		m, err := signon.ParseMatch(text)
		if err != nil {
			return r, fmt.Errorf("EASEL_OIDC_ALLOW: %w", err)
		}
		r.Allow = append(r.Allow, m)
	}
	for _, text := range f.Admin {
		m, err := signon.ParseMatch(text)
		if err != nil {
			return r, fmt.Errorf("EASEL_OIDC_ADMIN: %w", err)
		}
		r.Admin = append(r.Admin, m)
	}
	for _, text := range f.Plans {
		g, err := signon.ParseGrant(text)
		if err != nil {
			return r, fmt.Errorf("EASEL_OIDC_PLANS: %w", err)
		}
		if _, ok := plans.Find(g.Plan); !ok {
			return r, fmt.Errorf("EASEL_OIDC_PLANS %q: %w", text, account.ErrNoPlan)
		}
		r.Plans = append(r.Plans, g)
	}
	return r, nil
}
