package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/easel-live/easel/account"
)

// TestAnAccountFromItsMakingToItsEnd as administrators and its user see it.
func TestAnAccountFromItsMakingToItsEnd(t *testing.T) {
	h := newHouse(t)
	admin := h.owner()
	a := admin.do("POST", "/api/v1/users", `{"name":"ann","display":"Ann","email":"ann@example.com"}`)
	if a.status != http.StatusCreated || !strings.HasPrefix(a.header.Get("Location"), "/api/v1/users/u-") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	made := a.json(t)
	link := strings.TrimPrefix(made["link"].(string), h.server.URL)
	ann := h.visitor()
	if a := ann.do("GET", link, ""); a.header.Get("Location") != "/" {
		t.Fatalf("the link: %v", a.header)
	}
	// Who came by the link chooses a password without knowing one.
	if a := ann.do("PUT", "/api/v1/me/password", `{"password":"my own password"}`); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	again := h.visitor()
	if a := again.do("POST", "/api/v1/login", `{"name":"ann","password":"my own password"}`); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := again.do("PUT", "/api/v1/me/password", `{"password":"another password"}`); a.status != 403 {
		t.Errorf("without the present one: %d %s", a.status, a.body)
	}
	if a := again.do("PUT", "/api/v1/me/password", `{"current":"my own password","password":"another password"}`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ann.do("GET", "/api/v1/me", ""); a.status != 401 {
		t.Errorf("the other login outlived the password: %d", a.status)
	}
	if a := again.do("PATCH", "/api/v1/me", `{"display":"Ann B."}`).json(t); a["display"] != "Ann B." {
		t.Errorf("%v", a)
	}
	for body, want := range map[string]int{
		`{"display":"a\u0000"}`: 422, `{"admin":true}`: 400,
	} {
		if a := again.do("PATCH", "/api/v1/me", body); a.status != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	session := again.do("POST", "/api/v1/sessions", `{"name":"Mine"}`).json(t)
	if session["owner"] != "Ann B." || session["role"] != "owner" {
		t.Errorf("%v", session)
	}
	if a := admin.do("DELETE", "/api/v1/users/ann", ""); a.status != 409 {
		t.Errorf("removed with a session that runs: %d", a.status)
	}
	if a := admin.do("PATCH", "/api/v1/users/ann", `{"disabled":true}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := again.do("GET", "/api/v1/me", ""); a.status != 401 {
		t.Errorf("disabled, and still in: %d", a.status)
	}
	if a := again.do("DELETE", "/api/v1/sessions/"+session["id"].(string), ""); a.status != 401 {
		t.Errorf("%d", a.status)
	}
	if a := admin.do("DELETE", "/api/v1/sessions/"+session["id"].(string), ""); a.status != 204 {
		t.Errorf("%d", a.status)
	}
	if a := admin.do("DELETE", "/api/v1/users/ann", ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	events := fmt.Sprint(admin.do("GET", "/api/v1/audit", "").json(t)["events"])
	for _, want := range []string{"user.created", "login", "password.changed", "session.started", "user.changed", "session.ended", "user.removed"} {
		if !strings.Contains(events, want) {
			t.Errorf("%s is not in the journal", want)
		}
	}
}

func TestBadAccounts(t *testing.T) {
	h := newHouse(t)
	admin := h.owner()
	for body, want := range map[string]int{
		`{"name":"admin"}`: 409, `{"name":"Big"}`: 422, `{"name":""}`: 422, `{}`: 422, `{"name":"x","email":"none"}`: 422,
		`{"name":"x","display":"a\nb"}`: 422, `{"name":"x","password":"mine"}`: 400, `{"name":7}`: 400,
	} {
		if a := admin.do("POST", "/api/v1/users", body); a.status != want {
			t.Errorf("%s: %d, want %d: %s", body, a.status, want, a.body)
		}
	}
	for _, body := range []string{`{"admin":false}`, `{"disabled":true}`} {
		if a := admin.do("PATCH", "/api/v1/users/admin", body); a.status != 409 {
			t.Errorf("nobody is left: %d %s", a.status, a.body)
		}
	}
	if a := admin.do("DELETE", "/api/v1/users/admin", ""); a.status != 409 {
		t.Errorf("nobody is left: %d %s", a.status, a.body)
	}
	if a := admin.do("POST", "/api/v1/sessions", `{"user":"nobody"}`); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAPITokens(t *testing.T) {
	h := newHouse(t)
	bob := h.login(h.user("bob"))
	made := bob.do("POST", "/api/v1/me/tokens", `{"name":"ci","scopes":["sessions"],"expires_in":3600}`)
	if made.status != http.StatusCreated {
		t.Fatalf("%d %s", made.status, made.body)
	}
	ci := h.visitor()
	ci.token = made.json(t)["secret"].(string)
	if a := ci.do("POST", "/api/v1/sessions", `{}`); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	list := fmt.Sprint(bob.do("GET", "/api/v1/me/tokens", "").json(t))
	if strings.Contains(list, ci.token) || !strings.Contains(list, "ci") {
		t.Error(list)
	}
	if a := bob.do("DELETE", "/api/v1/me/tokens/"+made.json(t)["id"].(string), ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ci.do("GET", "/api/v1/sessions", ""); a.status != 401 || !strings.Contains(string(a.body), "API token") {
		t.Errorf("revoked: %d %s", a.status, a.body)
	}
	// Who shows a bad token is not who their cookie says.
	if a := bob.do("GET", "/api/v1/me", "", "Authorization", "Bearer easel_none"); a.status != 401 {
		t.Errorf("%d", a.status)
	}
	for body, want := range map[string]int{
		`{"name":"","scopes":["read"]}`: 422, `{"name":"x","scopes":[]}`: 422, `{"name":"x","scopes":["root"]}`: 422,
		`{"name":"x","scopes":["read"],"expires_in":1}`: 422, `{"name":"x","scopes":["read"],"expires_in":999999999999}`: 422,
	} {
		if a := bob.do("POST", "/api/v1/me/tokens", body); a.status != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	for range account.MaxTokens {
		bob.do("POST", "/api/v1/me/tokens", `{"name":"x","scopes":["read"]}`)
	}
	if a := bob.do("POST", "/api/v1/me/tokens", `{"name":"x","scopes":["read"]}`); a.status != 409 {
		t.Errorf("one too many: %d", a.status)
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	admin := h.owner()
	for _, name := range []string{"cay", "ann", "bob"} {
		h.user(name)
	}
	var names []string
	for cursor := ""; ; {
		page := admin.do("GET", "/api/v1/users?limit=2&cursor="+cursor, "").json(t)
		for _, u := range page["users"].([]any) {
			names = append(names, u.(map[string]any)["name"].(string))
		}
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "admin ann bob cay" {
		t.Error(got)
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "cursor=%21", "cursor=" + strings.Repeat("a", 600)} {
		if a := admin.do("GET", "/api/v1/users?"+query, ""); a.status != 422 {
			t.Errorf("%.30s: %d", query, a.status)
		}
	}
	odd := base64.RawURLEncoding.EncodeToString([]byte("not a number"))
	if a := admin.do("GET", "/api/v1/audit?cursor="+odd, ""); a.status != 422 {
		t.Errorf("%d", a.status)
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "YQ", "!", "////", strings.Repeat("A", 600), "_-_-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		after, ok := readCursor(cursor)
		if len(after) > maxCursor || !ok && after != "" {
			t.Errorf("%q: %q %v", cursor, after, ok)
		}
	})
}
