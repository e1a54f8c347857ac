// Package oidctest is an OpenID provider for tests: discovery, a page to choose
// who one is, codes that work once, PKCE, signed ID tokens and UserInfo.
package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// What the provider knows its one client by.
const (
	Client = "easel"
	Secret = "a secret of provider and client"
)

// Claims are what a provider says of somebody.
type Claims = map[string]any

// Provider is a running provider.
type Provider struct {
	URL string

	key    *rsa.PrivateKey
	signer jose.Signer
	now    func() time.Time

	mu     sync.Mutex
	people map[string]Person
	grants map[string]grant // by code and by access token
	forge  func(Claims)
}

// Person is somebody whom the provider knows: what it signs about them, and what
// only UserInfo tells.
type Person struct{ Signed, Told Claims }

// grant is what somebody agreed to.
type grant struct{ subject, nonce, challenge, back string }

// New starts a provider that knows these people, by subject; its clock is now.
func New(t testing.TB, now func() time.Time, people map[string]Person) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{key: key, signer: signer, now: now, people: people, grants: make(map[string]grant)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.configuration)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	// Another site than the loopback address's, as providers are.
	p.URL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return p
}

// Forge changes the claims of the ID tokens from now on before they are signed.
func (p *Provider) Forge(change func(Claims)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forge = change
}

func (p *Provider) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "one", Algorithm: "RS256", Use: "sig"}}})
}

// authorize shows a page with a link for each person, or, told who by ?as=, goes
// back at once; as nobody, with a refusal.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != Client || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" {
		http.Error(w, "not a request of the code flow with PKCE", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !q.Has("as") {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>Who are you?</title><ul>")
		for subject := range p.people {
			q.Set("as", subject)
			fmt.Fprintf(w, `<li><a id="%s" href="/authorize?%s">%s</a>`, html.EscapeString(subject), html.EscapeString(q.Encode()), html.EscapeString(subject))
		}
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if _, known := p.people[q.Get("as")]; known {
		code := rand.Text()
		p.grants[code] = grant{q.Get("as"), q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
		back.Set("code", code)
	} else {
		back.Set("error", "access_denied")
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// take is what was agreed to under a code or token, once.
func (p *Provider) take(word string) (grant, bool) {
	g, ok := p.grants[word]
	delete(p.grants, word)
	return g, ok
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	client, word, _ := r.BasicAuth()
	g, ok := p.take(r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if word, err := url.QueryUnescape(word); err != nil || client != Client || word != Secret || !ok ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge || r.FormValue("redirect_uri") != g.back {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := Claims{"iss": p.URL, "sub": g.subject, "aud": Client, "iat": p.now().Unix(), "exp": p.now().Add(time.Hour).Unix(), "nonce": g.nonce}
	maps.Copy(claims, p.people[g.subject].Signed)
	if p.forge != nil {
		p.forge(claims)
	}
	id, err := jwt.Signed(p.signer).Claims(claims).Serialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	access := rand.Text()
	p.grants[access] = g
	answer(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600, "id_token": id})
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var access string
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer %s", &access); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g, ok := p.take(access)
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	told := Claims{"sub": g.subject}
	maps.Copy(told, p.people[g.subject].Told)
	answer(w, told)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who went away needs none
}
