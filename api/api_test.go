package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/easel-live/easel/session"
)

// TestDescription: every route is described, and nothing else is.
func TestDescription(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	described := make(map[string]bool)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, rt := range routes() {
		key := rt.method + " " + rt.path
		if !described[key] {
			t.Errorf("%s is not described", key)
		}
		delete(described, key)
	}
	for key := range described {
		t.Errorf("%s is described and does not exist", key)
	}
}

func TestSessionIsShownByRole(t *testing.T) {
	h := newHouse(t)
	id := h.session()
	h.launcher.obs[id].Placed(":7", "/secret/place")
	at := "/api/v1/sessions/" + id
	if s := h.owner().do("GET", at, "").json(t); s["workspace"] != "/secret/place" || s["role"] != "owner" || s["display"] != ":7" {
		t.Errorf("the owner sees %v", s)
	}
	if s := h.guest(id, "editor").do("GET", at, "").json(t); s["workspace"] != nil || s["role"] != "editor" {
		t.Errorf("an editor sees %v", s)
	}
}

func TestTokensCarryTheRole(t *testing.T) {
	h := newHouse(t)
	id := h.session()
	at := "/api/v1/sessions/" + id + "/tokens"
	guest := h.guest(id, "viewer")
	a, b := guest.do("POST", at, "").json(t), guest.do("POST", at, "").json(t)
	if a["role"] != "viewer" || a["room"] != id || !strings.HasPrefix(a["url"].(string), "ws://127.0.0.1:") {
		t.Errorf("%v", a)
	}
	if a["identity"] == b["identity"] {
		t.Error("two windows with one identity")
	}
	if x := guest.do("POST", at, "", "X-Forwarded-Proto", "https").json(t); !strings.HasPrefix(x["url"].(string), "wss://") {
		t.Errorf("behind a TLS proxy: %v", x["url"])
	}
}

func TestInvitations(t *testing.T) {
	h := newHouse(t)
	id, other := h.session(), h.session()
	owner := h.owner()
	invite := owner.do("POST", "/api/v1/sessions/"+id+"/invites", `{"role":"editor","expires_in":3600}`).json(t)
	if want := h.server.URL + "/s/" + id + "#invite=" + invite["token"].(string); invite["url"] != want {
		t.Errorf("url %v, want %v", invite["url"], want)
	}
	body := fmt.Sprintf(`{"invite":%q}`, invite["token"])
	if got := strings.Count(invite["token"].(string), "."); got != 0 {
		t.Error("the link says more than it must")
	}
	if a := h.visitor().do("POST", "/api/v1/sessions/"+other+"/join", body); a.status != 403 {
		t.Errorf("good for another session: %d", a.status)
	}
	if a := owner.do("POST", "/api/v1/sessions/"+id+"/join", body).json(t); a["role"] != "owner" {
		t.Errorf("the owner became %v", a["role"])
	}
	h.now = h.now.Add(time.Hour)
	a := h.visitor().do("POST", "/api/v1/sessions/"+id+"/join", body)
	if a.status != 403 || !strings.Contains(string(a.body), "expired") {
		t.Errorf("late: %d %s", a.status, a.body)
	}
	for body, want := range map[string]int{
		`{"role":"agent"}`: 422, `{"role":""}`: 422, `{"role":"viewer","expires_in":1}`: 422,
		`{"role":"viewer","expires_in":99999999999}`: 422, `{"role":"viewer","x":1}`: 400, ``: 422,
		`{"role":"viewer","max_uses":-1}`: 422, `{"role":"viewer","max_uses":99999}`: 422,
		`{"role":"viewer","passcode":"` + strings.Repeat("x", 200) + `"}`: 422,
	} {
		if a := owner.do("POST", "/api/v1/sessions/"+id+"/invites", body); a.status != want {
			t.Errorf("%s: %d, want %d", body, a.status, want)
		}
	}
}

func TestBadBodies(t *testing.T) {
	h := newHouse(t)
	owner := h.owner()
	for body, want := range map[string]int{
		`{"name":`: 400, `{"nome":"x"}`: 400, `[]`: 400, `{"name":1}`: 400, `{} {}`: 400,
		`{"name":"a\u0000b"}`:                               422,
		`{"name":"` + strings.Repeat("x", 200) + `"}`:       422,
		`{"name":"` + strings.Repeat("x", maxBody+1) + `"}`: 413,
	} {
		if a := owner.do("POST", "/api/v1/sessions", body); a.status != want {
			t.Errorf("%.40s: %d, want %d: %s", body, a.status, want, a.body)
		}
	}
	if a := owner.do("POST", "/api/v1/sessions", "{}", "Content-Type", "text/plain"); a.status != 415 {
		t.Errorf("text/plain: %d", a.status)
	}
	if a := owner.do("PUT", "/api/v1/sessions", "{}"); a.status != 405 || a.header.Get("Allow") != "GET, POST, HEAD" {
		t.Errorf("PUT: %d %v", a.status, a.header)
	}
	if a := owner.do("GET", "/api/v1/nothing", ""); a.status != 404 || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("unknown: %d %v", a.status, a.header)
	}
	for range 3 {
		owner.do("POST", "/api/v1/sessions", "")
	}
	if a := owner.do("POST", "/api/v1/sessions", ""); a.status != 409 {
		t.Errorf("one too many: %d", a.status)
	}
}

func TestOtherSitesCannotAct(t *testing.T) {
	h := newHouse(t)
	owner := h.owner()
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"},
	} {
		if a := owner.do("POST", "/api/v1/sessions", "{}", headers...); a.status != 403 {
			t.Errorf("%v: %d", headers, a.status)
		}
	}
	if a := owner.do("POST", "/api/v1/sessions", "{}", "Origin", h.server.URL); a.status != 201 {
		t.Errorf("own page: %d", a.status)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	h := newHouse(t)
	p := h.visitor()
	for i := 0; ; i++ {
		a := p.do("POST", "/api/v1/login", `{"name":"admin","password":"guess"}`)
		if a.status == 429 {
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			break
		}
		if i > 20 {
			t.Fatal("never refused")
		}
	}
	h.now = h.now.Add(time.Minute)
	if a := p.do("POST", "/api/v1/login", `{"name":"admin","password":"`+password+`"}`); a.status != 204 {
		t.Errorf("after a while: %d %s", a.status, a.body)
	}
	if a := p.do("GET", "/api/v1/me", ""); a.status != 200 {
		t.Errorf("not logged in: %d", a.status)
	}
}

func TestOneTimeLink(t *testing.T) {
	h := newHouse(t)
	token, err := h.accounts.NewLink(t.Context(), h.admin.ID, h.now)
	if err != nil {
		t.Fatal(err)
	}
	p := h.visitor()
	if a := p.do("GET", "/login?token="+token, ""); a.status != 303 || a.header.Get("Location") != "/" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := p.do("GET", "/api/v1/me", ""); a.status != 200 {
		t.Errorf("not logged in: %d", a.status)
	}
	q := h.visitor()
	if a := q.do("GET", "/login?token="+token, ""); a.header.Get("Location") != "/login?link=used" || len(q.cookies) != 0 {
		t.Errorf("used twice: %v", a.header)
	}
}

func TestEvents(t *testing.T) {
	h := newHouse(t)
	id := h.session()
	owner := h.owner()
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.server.URL+"/api/v1/sessions/"+id+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range owner.cookies {
		req.AddCookie(c)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() session.State {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var s sessionView
				if err := json.Unmarshal([]byte(data), &s); err != nil {
					t.Fatal(err)
				}
				return s.State
			}
		}
		return "closed"
	}
	if s := next(); s != session.Starting {
		t.Errorf("first %s", s)
	}
	h.launcher.obs[id].Step("gimp", session.Done)
	h.sessions.AgentConnected(id)
	for s := next(); s != session.Ready; s = next() {
		if s != session.Starting {
			t.Fatalf("then %s", s)
		}
	}
	if err := h.sessions.End(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if s := next(); s != session.Ended {
		t.Errorf("last %s", s)
	}
	if s := next(); s != "closed" {
		t.Errorf("after the end %s", s)
	}
}

func TestWeb(t *testing.T) {
	h := newHouse(t)
	p := h.visitor()
	for path, want := range map[string]string{
		"/": "the app", "/login": "the app", "/account": "the app", "/admin": "the app", "/s/abc": "the app", "/favicon.svg": "<svg/>", "/assets/app-123.js": "export {}",
	} {
		a := p.do("GET", path, "")
		if a.status != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if a.header.Get(name) == "" {
				t.Errorf("%s without %s", path, name)
			}
		}
		if immutable := strings.Contains(a.header.Get("Cache-Control"), "immutable"); immutable != strings.HasPrefix(path, "/assets/") {
			t.Errorf("%s: Cache-Control %q", path, a.header.Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/nothing", "/assets/", "/assets/gone.js", "/.gitkeep", "/s/a/b", "/s/"} {
		if a := p.do("GET", path, ""); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	h.api.cfg.Web = fstest.MapFS{}
	if a := p.do("GET", "/", ""); a.status != 503 || !strings.Contains(string(a.body), "make build") {
		t.Errorf("not built: %d %s", a.status, a.body)
	}
}

// TestLocal: the local socket has all rights.
func TestLocal(t *testing.T) {
	h := newHouse(t)
	id := h.session()
	local := func(method, path, body string) answer {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		h.api.LocalHandler().ServeHTTP(w, r)
		return answer{w.Code, w.Header(), w.Body.Bytes()}
	}
	if a := local("POST", "/api/v1/sessions/"+id+"/invites", `{"role":"owner"}`); a.status != 201 || !strings.HasPrefix(a.json(t)["url"].(string), "http://local.test/s/") {
		t.Errorf("%d %s", a.status, a.body)
	}
	fresh := local("POST", "/api/v1/users/admin/password", "").json(t)
	p := h.visitor()
	if a := p.do("POST", "/api/v1/login", fmt.Sprintf(`{"name":"admin","password":%q}`, fresh["password"])); a.status != 204 {
		t.Errorf("new password: %d", a.status)
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"name":"x"}`, `{"name":"x"}{`, `{"name":null}`, "\x00", `{"name":"\ud800"}`, "[[[[["} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v struct {
			Name string `json:"name"`
		}
		err := decode(b, &v)
		if err == nil && !json.Valid(b) {
			t.Errorf("%q was taken for JSON", b)
		}
	})
}

// FuzzSessionName: whatever a session is to be called, the answer is a session
// or a problem.
func FuzzSessionName(f *testing.F) {
	for _, seed := range []string{"", "Ann's drawing", "\x00", strings.Repeat("é", 70), "  ", "\u202e"} {
		f.Add(seed)
	}
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, name string) {
		body, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/api/v1/sessions", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		h.api.LocalHandler().ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: %d %s", name, w.Code, w.Body)
		}
		for _, s := range h.sessions.List() {
			if err := h.sessions.End(context.Background(), s.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}
