package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/api/signon"
	"github.com/easel-live/easel/internal/oidctest"
)

// trust has the house take in those whom a new provider knows.
func (h *house) trust(rules signon.Rules, people map[string]oidctest.Person) *oidctest.Provider {
	h.t.Helper()
	p := oidctest.New(h.t, func() time.Time { return h.now }, people)
	h.api.cfg.Provider = signon.New(signon.Config{
		Issuer: p.URL, Client: oidctest.Client, Secret: oidctest.Secret, Name: "Example ID", Scopes: []string{"profile"}, Rules: rules,
	})
	return p
}

// away sends somebody to the provider, who says there who they are, and is the
// path with which they come back.
func (p *person) away(next, as string) string {
	p.t.Helper()
	there := p.do("GET", signInPath+"?next="+next, "").header.Get("Location")
	req, err := http.NewRequestWithContext(context.Background(), "GET", there+"&as="+as, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return strings.TrimPrefix(resp.Header.Get("Location"), p.server.URL)
}

// signIn is where somebody lands who signs in.
func (p *person) signIn(next, as string) string {
	p.t.Helper()
	return p.do("GET", p.away(next, as), "").header.Get("Location")
}

func TestSigningInByAProvider(t *testing.T) {
	h := newHouse(t)
	match := func(text string) signon.Match {
		m, err := signon.ParseMatch(text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	people := map[string]oidctest.Person{
		"1": {Signed: oidctest.Claims{"preferred_username": "Ann", "name": "Ann B.", "email": "ann@example.com", "groups": []string{"staff", "chiefs"}}},
		"2": {Signed: oidctest.Claims{"preferred_username": "admin"}, Told: oidctest.Claims{"groups": []string{"staff"}, "sub": "2"}},
		"3": {Signed: oidctest.Claims{"preferred_username": "eve"}},
	}
	h.trust(signon.Rules{
		Allow: []signon.Match{match("groups=staff")}, Admin: []signon.Match{match("groups=chiefs")},
		Plans: []signon.Grant{{Match: match("groups=staff"), Plan: "professional"}},
	}, people)
	ways := h.visitor().do("GET", "/api/v1/login", "").json(t)["provider"].(map[string]any)
	if ways["name"] != "Example ID" || ways["url"] != signInPath {
		t.Errorf("%v", ways)
	}

	ann := h.visitor()
	if at := ann.signIn("/account", "1"); at != "/account" {
		t.Fatalf("landed at %q", at)
	}
	me := ann.do("GET", "/api/v1/me", "").json(t)
	if me["name"] != "ann" || me["display"] != "Ann B." || me["admin"] != true || me["external"] != true || me["plan"] != "professional" {
		t.Errorf("%v", me)
	}
	if len(ann.cookies) != 1 {
		t.Errorf("cookies are left: %v", ann.cookies)
	}
	if a := ann.do("POST", "/api/v1/logout", ""); a.status != 204 {
		t.Error(a.status)
	}
	if a := ann.do("GET", "/api/v1/me", ""); a.status != 401 {
		t.Errorf("still in: %d", a.status)
	}

	// Who comes again is the same, and no longer what they no longer are.
	people["1"] = oidctest.Person{Signed: oidctest.Claims{"preferred_username": "renamed", "groups": []string{"staff"}}}
	ann.signIn("/", "1")
	again := ann.do("GET", "/api/v1/me", "").json(t)
	if again["id"] != me["id"] || again["name"] != "ann" || again["admin"] != false {
		t.Errorf("%v", again)
	}

	// A name is nobody's proof: the administrator here is somebody else.
	other := h.visitor()
	other.signIn("/", "2")
	if me := other.do("GET", "/api/v1/me", "").json(t); me["name"] != "admin-2" || me["admin"] != false || me["id"] == h.admin.ID {
		t.Errorf("%v", me)
	}
	for as, want := range map[string]string{"3": "/login?signin=barred", "nobody": "/login?signin=refused"} {
		if at := h.visitor().signIn("/", as); at != want {
			t.Errorf("%s landed at %q", as, at)
		}
	}
	if _, err := h.accounts.Change(t.Context(), me["id"].(string), func(u *account.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if at := ann.signIn("/", "1"); at != "/login?signin=barred" {
		t.Errorf("disabled, and landed at %q", at)
	}
}

// TestSignInsThatAreNone: attempts of others, twice, altered, out of time.
func TestSignInsThatAreNone(t *testing.T) {
	h := newHouse(t)
	ann := map[string]oidctest.Person{"1": {Signed: oidctest.Claims{"preferred_username": "ann"}}}
	provider := h.trust(signon.Rules{}, ann)
	expect := func(what, at, want string) {
		t.Helper()
		if at != want {
			t.Errorf("%s: landed at %q, not %q", what, at, want)
		}
	}
	p := h.visitor()
	expect("another browser's", h.visitor().do("GET", p.away("/", "1"), "").header.Get("Location"), "/login?signin=stale")
	back := p.away("/", "1")
	expect("altered", p.do("GET", back+"x", "").header.Get("Location"), "/login?signin=stale")
	expect("after the attempt", p.do("GET", back, "").header.Get("Location"), "/login?signin=stale")
	back = p.away("/", "1")
	flow := p.cookies[signInPath+" "+flowCookie]
	expect("once", p.do("GET", back, "").header.Get("Location"), "/")
	p.cookies[signInPath+" "+flowCookie] = flow
	expect("twice", p.do("GET", back, "").header.Get("Location"), "/login?signin=stale")
	for what, forge := range map[string]func(oidctest.Claims){
		"another client's": func(c oidctest.Claims) { c["aud"] = "somebody else" },
		"another issuer's": func(c oidctest.Claims) { c["iss"] = "https://other.test" },
		"of yesterday":     func(c oidctest.Claims) { c["exp"] = h.now.Add(-time.Hour).Unix() },
		"another flow's":   func(c oidctest.Claims) { c["nonce"] = "another" },
		"somebody else's":  func(c oidctest.Claims) { c["sub"] = "2" },
	} {
		provider.Forge(forge)
		expect(what, h.visitor().signIn("/", "1"), "/login?signin=stale")
	}
	provider.Forge(nil)
	for next, want := range map[string]string{
		"//evil.test": "/", "https://evil.test": "/", "%2F%5Cevil.test": "/", "javascript:alert(1)": "/", "": "/", "/s/1%23a": "/s/1#a",
	} {
		expect("next "+next, h.visitor().signIn(next, "1"), want)
	}

	h.api.cfg.Provider = signon.New(signon.Config{Issuer: "http://127.0.0.1:1", Client: "x"})
	expect("away", p.do("GET", signInPath, "").header.Get("Location"), "/login?signin=away")
	h.api.cfg.Provider = nil
	for _, path := range []string{signInPath, signInReturn} {
		if a := p.do("GET", path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s without a provider: %d", path, a.status)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "//x", "/\\x", "/s/a?b#c", "http://x", "/\n/x", "/%2F/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := localPath(path)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, "/\\") || got != path && got != "/" {
			t.Errorf("%q: %q", path, got)
		}
	})
}
