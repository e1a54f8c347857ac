package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/internal/oidctest"
)

// TestSigningInByAProvider, from the button to the account and out again.
func TestSigningInByAProvider(t *testing.T) {
	provider := oidctest.New(t, time.Now, map[string]oidctest.Person{
		"ann": {Signed: oidctest.Claims{"preferred_username": "ann", "name": "Ann B.", "email": "ann@example.com"}, Told: oidctest.Claims{"groups": []string{"chiefs"}}},
	})
	for name, value := range map[string]string{
		"ISSUER": provider.URL, "CLIENT": oidctest.Client, "SECRET": oidctest.Secret, "NAME": "Example ID", "ADMIN": "groups=chiefs",
	} {
		t.Setenv("EASEL_OIDC_"+name, value)
	}
	inst := serve(t)
	b := chromium(t, 1280, 800)
	must(t, b.Open(inst.URL+"/account"))
	reads(t, b, "Sign in with Example ID")
	keep(t, b, "login")
	tap(t, b, ".provider")
	// Onto another site, and back from it.
	reads(t, b, "ann")
	tap(t, b, "#ann")
	reads(t, b, "Ann B.")
	reads(t, b, "Administration")
	if path, err := browser.Evaluate[string](b, `location.pathname`); err != nil || path != "/account" {
		t.Errorf("landed at %q (%v)", path, err)
	}
	if words, err := browser.Evaluate[string](b, `document.cookie`); err != nil || words != "" {
		t.Errorf("scripts see cookies: %q (%v)", words, err)
	}
	tap(t, b, "header button")
	reads(t, b, "Sign in with Example ID")
	must(t, b.Open(inst.URL+"/"))
	reads(t, b, "Sign in with Example ID")
}

// reads waits until the page has a text.
func reads(t *testing.T, b *browser.Browser, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%q on the page", text), func() error {
		words, err := browser.Evaluate[string](b, `document.body?.innerText ?? ''`)
		if err == nil && !strings.Contains(words, text) {
			err = fmt.Errorf("it says %q", words)
		}
		return err
	})
}

// tap clicks on the first element that a selector finds, once it is there.
func tap(t *testing.T, b *browser.Browser, selector string) {
	t.Helper()
	eventually(t, selector+" is there to be clicked", func() error {
		there, err := browser.Evaluate[bool](b, fmt.Sprintf(`(e => { e?.click(); return !!e })(document.querySelector(%q))`, selector))
		if err == nil && !there {
			err = errors.New("it is not")
		}
		return err
	})
}
