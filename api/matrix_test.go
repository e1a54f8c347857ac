package api

import (
	"strings"
	"testing"

	"github.com/easel-live/easel/account"
)

// TestMatrix: what each kind of caller may do at each route.
func TestMatrix(t *testing.T) {
	h := newHouse(t)
	bob, eve := h.user("bob"), h.user("eve")
	id, other := h.sessionOf(bob), h.session()
	h.tunnels.Folder(id, 0)
	at := "/api/v1/sessions/" + id
	team := "/api/v1/teams/" + h.login(bob).team("Studio")
	callers := []struct {
		name string
		who  *person
	}{
		{"anonymous", h.visitor()},
		{"viewer", h.guest(id, "viewer")},
		{"editor", h.guest(id, "editor")},
		{"owner guest", h.guest(id, "owner")},
		{"other user", h.login(eve)},
		{"their token to read", h.program(bob, account.Read)},
		{"their token for sessions", h.program(bob, account.Sessions)},
		{"user", h.login(bob)},
		{"admin's token to read", h.program(h.admin, account.Read)},
		{"admin's token", h.program(h.admin, account.Admin)},
		{"admin", h.owner()},
	}
	matrix := []struct {
		method, path, body string
		want               [11]int // for the callers above
	}{
		//                                               anon view edit owner other read sess user aread admin admin
		{"POST", "/api/v1/login", `{"name":"x","password":"wrong"}`, [11]int{401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 429}},
		{"GET", "/api/v1/login", "", [11]int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/openapi.yaml", "", [11]int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/me", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"PATCH", "/api/v1/me", `{"display":"B"}`, [11]int{401, 401, 401, 401, 200, 403, 403, 200, 403, 403, 200}},
		{"PUT", "/api/v1/me/password", `{"current":"x","password":"short"}`, [11]int{401, 401, 401, 401, 429, 403, 403, 429, 403, 403, 429}},
		{"GET", "/api/v1/me/tokens", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"POST", "/api/v1/me/tokens", `{"name":"n","scopes":["admin"]}`, [11]int{401, 401, 401, 401, 422, 403, 403, 422, 403, 403, 201}},
		{"DELETE", "/api/v1/me/tokens/unknown", "", [11]int{401, 401, 401, 401, 404, 403, 403, 404, 403, 403, 404}},
		{"GET", "/api/v1/me/usage", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/me/past", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/plans", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/usage", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"GET", "/api/v1/sessions", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/sessions?all", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"POST", "/api/v1/sessions", `{"user":"eve"}`, [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 201, 409}},
		{"GET", at, "", [11]int{401, 200, 200, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"GET", at + "/events", "", [11]int{401, 200, 200, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"PUT", at + "/team", `{"team":"t-none","role":"viewer"}`, [11]int{401, 403, 403, 401, 404, 403, 404, 404, 403, 404, 404}},
		{"DELETE", at + "/team", "", [11]int{401, 403, 403, 204, 404, 403, 204, 204, 403, 204, 204}},
		{"POST", at + "/tokens", `{"name":"Ann"}`, [11]int{401, 200, 200, 200, 404, 403, 200, 200, 403, 200, 200}},
		{"POST", at + "/invites", `{"role":"viewer"}`, [11]int{401, 403, 403, 201, 404, 403, 201, 201, 403, 201, 201}},
		{"GET", at + "/invites", "", [11]int{401, 403, 403, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"DELETE", at + "/invites/unknown", "", [11]int{401, 403, 403, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/timeline", "", [11]int{401, 403, 403, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"GET", at + "/people", "", [11]int{401, 403, 403, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"PATCH", at + "/people/gone", `{"role":"viewer"}`, [11]int{401, 403, 403, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"DELETE", at + "/people/gone", "", [11]int{401, 403, 403, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/files", "", [11]int{401, 403, 200, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"DELETE", at + "/files?path=gone", "", [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/files/content?path=gone", "", [11]int{401, 403, 404, 404, 404, 404, 404, 404, 404, 404, 404}},
		{"GET", at + "/files/preview?path=gone", "", [11]int{401, 403, 404, 404, 404, 404, 404, 404, 404, 404, 404}},
		{"GET", at + "/files/zip?path=gone", "", [11]int{401, 403, 404, 404, 404, 404, 404, 404, 404, 404, 404}},
		{"POST", at + "/files/folders", `{"path":"gone/a"}`, [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"POST", at + "/files/move", `{"from":"gone","to":"a"}`, [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/files/trash", "", [11]int{401, 403, 200, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"DELETE", at + "/files/trash/gone", "", [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"POST", at + "/files/trash/gone/restore", "", [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/files/images", "", [11]int{401, 403, 502, 502, 404, 502, 502, 502, 404, 502, 502}},
		{"POST", at + "/files/images", `{"path":"gone"}`, [11]int{401, 403, 502, 502, 404, 403, 502, 502, 403, 502, 502}},
		{"POST", at + "/files/lost/gone", "", [11]int{401, 403, 502, 502, 404, 403, 502, 502, 403, 502, 502}},
		{"DELETE", at + "/files/lost/gone", "", [11]int{401, 403, 502, 502, 404, 403, 502, 502, 403, 502, 502}},
		{"POST", at + "/files/uploads", "", [11]int{401, 403, 412, 412, 404, 403, 412, 412, 403, 412, 412}},
		{"HEAD", at + "/files/uploads/gone", "", [11]int{401, 403, 404, 404, 404, 404, 404, 404, 404, 404, 404}},
		{"PATCH", at + "/files/uploads/gone", "", [11]int{401, 403, 412, 412, 404, 403, 412, 412, 403, 412, 412}},
		{"DELETE", at + "/files/uploads/gone", "", [11]int{401, 403, 412, 412, 404, 403, 412, 412, 403, 412, 412}},
		{"GET", at + "/backups", "", [11]int{401, 403, 403, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"POST", at + "/backups/gone", `{"path":"a"}`, [11]int{401, 403, 403, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"GET", at + "/remotes", "", [11]int{401, 403, 200, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"POST", at + "/remotes", `{"remote":"gone"}`, [11]int{401, 403, 403, 403, 404, 403, 404, 404, 403, 403, 403}},
		{"GET", at + "/providers", "", [11]int{401, 403, 403, 200, 404, 200, 200, 200, 404, 200, 200}},
		{"PATCH", at + "/remotes/gone", `{"paused":true}`, [11]int{401, 403, 403, 403, 404, 403, 404, 404, 403, 403, 403}},
		{"DELETE", at + "/remotes/gone", "", [11]int{401, 403, 403, 403, 404, 403, 404, 404, 403, 403, 403}},
		{"POST", at + "/remotes/gone/sync", "", [11]int{401, 403, 404, 404, 404, 403, 404, 404, 403, 404, 404}},
		{"POST", at + "/join", `{"invite":"no"}`, [11]int{403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403}},
		{"GET", "/api/v1/sessions/" + other, "", [11]int{401, 401, 401, 401, 404, 404, 404, 404, 200, 200, 200}},
		{"GET", "/api/v1/sessions/unknown", "", [11]int{401, 401, 401, 401, 404, 404, 404, 404, 404, 404, 404}},
		{"DELETE", "/api/v1/sessions/" + other, "", [11]int{401, 401, 401, 401, 404, 403, 404, 404, 403, 204, 204}},
		{"DELETE", at, "", [11]int{401, 403, 403, 204, 404, 403, 204, 204, 403, 204, 204}},
		{"GET", "/api/v1/teams", "", [11]int{401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/teams?all", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"POST", "/api/v1/teams", `{"name":""}`, [11]int{401, 401, 401, 401, 422, 403, 403, 422, 403, 403, 422}},
		{"GET", team, "", [11]int{401, 401, 401, 401, 404, 200, 200, 200, 404, 200, 200}},
		{"PATCH", team, `{}`, [11]int{401, 401, 401, 401, 404, 403, 403, 200, 403, 403, 200}},
		{"GET", team + "/usage", "", [11]int{401, 401, 401, 401, 404, 404, 404, 404, 404, 404, 404}},
		{"POST", team + "/invites", `{"name":"eve","role":"chief"}`, [11]int{401, 401, 401, 401, 404, 403, 403, 422, 403, 403, 422}},
		{"DELETE", team + "/invites/nobody", "", [11]int{401, 401, 401, 401, 404, 403, 403, 404, 403, 403, 404}},
		{"POST", team + "/join", "", [11]int{401, 401, 401, 401, 404, 403, 403, 404, 403, 403, 404}},
		{"PATCH", team + "/members/nobody", `{"role":"member"}`, [11]int{401, 401, 401, 401, 404, 403, 403, 404, 403, 403, 404}},
		{"DELETE", team + "/members/nobody", "", [11]int{401, 401, 401, 401, 404, 403, 403, 404, 403, 403, 404}},
		{"DELETE", team, "", [11]int{401, 401, 401, 401, 404, 403, 403, 204, 403, 403, 404}},
		{"GET", "/api/v1/users", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"POST", "/api/v1/users", `{"name":"zoe"}`, [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 201, 409}},
		{"GET", "/api/v1/users/eve", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"PATCH", "/api/v1/users/eve", `{"admin":false}`, [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"POST", "/api/v1/users/nobody/password", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 404, 404}},
		{"DELETE", "/api/v1/users/nobody", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 404, 404}},
		{"GET", "/api/v1/launches", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"GET", "/api/v1/audit", "", [11]int{401, 401, 401, 401, 403, 403, 403, 403, 403, 200, 200}},
		{"POST", "/api/v1/logout", "", [11]int{204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204}},
	}
	h.api.cfg.Sessions = h.sessions
	covered := make(map[string]bool)
	names := strings.NewReplacer(id, "{id}", other, "{id}", "invites/unknown", "invites/{invite}", "people/gone", "people/{person}",
		"tokens/unknown", "tokens/{token}", "users/eve", "users/{user}", "users/nobody", "users/{user}", "?all", "",
		"trash/gone", "trash/{item}", "uploads/gone", "uploads/{upload}", "lost/gone", "lost/{copy}", "?path=gone", "", "remotes/gone", "remotes/{remote}", "backups/gone", "backups/{backup}", team, "/api/v1/teams/{team}", "invites/nobody", "invites/{name}", "members/nobody", "members/{user}")
	for _, row := range matrix {
		covered[row.method+" "+names.Replace(row.path)] = true
		for i, c := range callers {
			if a := c.who.do(row.method, row.path, row.body); a.status != row.want[i] {
				t.Errorf("%s: %s %s: %d, want %d: %s", c.name, row.method, row.path, a.status, row.want[i], a.body)
			}
		}
	}
	for _, rt := range routes() {
		if !covered[rt.method+" "+rt.path] {
			t.Errorf("%s %s is not in the matrix", rt.method, rt.path)
		}
	}
	for _, c := range callers[7:8] {
		if a := c.who.do("GET", "/api/v1/me", ""); a.status != 401 {
			t.Errorf("%s is logged in after logout: %d", c.name, a.status)
		}
	}
}
