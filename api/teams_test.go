package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// team is a new team of somebody's.
func (p *person) team(name string) string {
	p.t.Helper()
	a := p.do("POST", "/api/v1/teams", `{"name":"`+name+`"}`)
	if a.status != http.StatusCreated {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return a.json(p.t)["id"].(string)
}

// TestATeamFromItsMakingToItsEnd as its people see it.
func TestATeamFromItsMakingToItsEnd(t *testing.T) {
	h := newHouse(t)
	annUser, bobUser := h.user("ann"), h.user("bob")
	ann, bob, eve := h.login(annUser), h.login(bobUser), h.login(h.user("eve"))
	at := "/api/v1/teams/" + ann.team("Studio")
	eve.expect(404, "GET", at, "")
	ann.expect(204, "POST", at+"/invites", `{"name":"bob","role":"admin"}`)
	ann.expect(204, "POST", at+"/invites", `{"name":"whoever","role":"member"}`)
	bob.expect(404, "GET", at, "")
	mine := bob.do("GET", "/api/v1/teams", "").json(t)["teams"].([]any)
	if len(mine) != 1 || mine[0].(map[string]any)["invited"] != true || mine[0].(map[string]any)["name"] != "Studio" {
		t.Errorf("%v", mine)
	}
	eve.expect(404, "POST", at+"/join", "")
	eve.expect(404, "DELETE", at+"/invites/bob", "")
	bob.expect(204, "POST", at+"/join", "")
	bob.expect(403, "PATCH", at+"/members/"+annUser.ID, `{"role":"member"}`) // an owner
	bob.expect(403, "DELETE", at+"/members/"+annUser.ID, "")
	bob.expect(403, "PATCH", at+"/members/"+bobUser.ID, `{"role":"owner"}`)
	bob.expect(403, "POST", at+"/invites", `{"name":"eve","role":"owner"}`)
	bob.expect(204, "POST", at+"/invites", `{"name":"eve","role":"member"}`)
	bob.expect(403, "DELETE", at, "")
	bob.expect(200, "PATCH", at, `{"name":"The studio"}`)
	bob.expect(403, "PATCH", at, `{"plan":"enterprise"}`)
	eve.expect(204, "DELETE", at+"/invites/eve", "") // no, thanks
	ann.expect(409, "DELETE", at+"/members/"+annUser.ID, "")
	ann.expect(422, "PATCH", at+"/members/"+bobUser.ID, `{"role":"chief"}`)
	ann.expect(204, "PATCH", at+"/members/"+bobUser.ID, `{"role":"owner"}`)
	ann.expect(204, "DELETE", at+"/members/"+annUser.ID, "")
	ann.expect(404, "GET", at, "")
	members := bob.do("GET", at, "").json(t)["members"].([]any)
	if len(members) != 2 {
		t.Errorf("%v", members)
	}
	for body, want := range map[string]int{`{"name":""}`: 422, `{"name":"a\u0000"}`: 422, `{}`: 422, `{"name":"x","plan":"y"}`: 400} {
		bob.expect(want, "POST", "/api/v1/teams", body)
	}
	bob.expect(204, "DELETE", at, "")
	if all := h.owner().do("GET", "/api/v1/teams?all", "").json(t)["teams"].([]any); len(all) != 0 {
		t.Errorf("%v", all)
	}
}

// TestATeamComesIntoASession with the roles that it was shared with, and out again.
func TestATeamComesIntoASession(t *testing.T) {
	h := newHouse(t)
	annUser, bobUser := h.user("ann"), h.user("bob")
	ann, bob := h.login(annUser), h.login(bobUser)
	team := ann.team("Studio")
	ann.expect(204, "POST", "/api/v1/teams/"+team+"/invites", `{"name":"bob","role":"member"}`)
	bob.expect(204, "POST", "/api/v1/teams/"+team+"/join", "")
	id := h.sessionOf(annUser)
	at := "/api/v1/sessions/" + id
	bob.expect(404, "GET", at, "")
	for body, want := range map[string]int{
		`{"team":"t-none","role":"viewer"}`: 404, `{"team":"` + team + `","role":"owner"}`: 422, `{"team":"` + team + `","role":"viewer"}`: 204,
	} {
		ann.expect(want, "PUT", at+"/team", body)
	}
	if s := bob.expect(200, "GET", at, "").json(t); s["role"] != "viewer" || s["team"] != team || s["workspace"] != nil {
		t.Errorf("%v", s)
	}
	if list := fmt.Sprint(bob.do("GET", "/api/v1/sessions", "").json(t)["sessions"]); list == "[]" {
		t.Error("the team's session is not in the list")
	}
	if got := bob.expect(200, "POST", at+"/tokens", `{}`).json(t); got["role"] != "viewer" {
		t.Errorf("%v", got)
	}
	bob.expect(403, "DELETE", at, "")
	bob.expect(403, "PUT", at+"/team", `{"team":"`+team+`","role":"editor"}`)
	ann.expect(204, "PUT", at+"/team", `{"team":"`+team+`","role":"editor"}`)
	if s := bob.expect(200, "GET", at, "").json(t); s["role"] != "editor" {
		t.Errorf("%v", s)
	}
	// Who is sent away from the team leaves its rooms as well.
	h.people = []room.Presence{{Person: bobUser.ID, Role: room.Editor}}
	ann.expect(204, "DELETE", "/api/v1/teams/"+team+"/members/"+bobUser.ID, "")
	if fmt.Sprint(h.expelled) != fmt.Sprint([]string{bobUser.ID}) {
		t.Errorf("expelled %v", h.expelled)
	}
	bob.expect(404, "GET", at, "")
	ann.expect(204, "POST", "/api/v1/teams/"+team+"/invites", `{"name":"bob","role":"admin"}`)
	bob.expect(204, "POST", "/api/v1/teams/"+team+"/join", "")
	h.people = []room.Presence{{Person: bobUser.ID, Role: room.Editor}}
	ann.expect(204, "DELETE", at+"/team", "")
	if len(h.expelled) != 2 {
		t.Errorf("expelled %v", h.expelled)
	}
	bob.expect(404, "GET", at, "")
}

// TestATeamsPlan: what is started in the team counts for it, whoever starts it.
func TestATeamsPlan(t *testing.T) {
	h := newHouse(t)
	annUser, bobUser := h.user("ann"), h.user("bob")
	ann, bob := h.login(annUser), h.login(bobUser)
	team := ann.team("Studio")
	at := "/api/v1/teams/" + team
	ann.expect(204, "POST", at+"/invites", `{"name":"bob","role":"member"}`)
	bob.expect(204, "POST", at+"/join", "")
	ann.expect(404, "GET", at+"/usage", "")
	bob.expect(404, "POST", "/api/v1/sessions", `{"team":"t-none"}`)
	h.owner().expect(422, "PATCH", at, `{"plan":"none"}`)
	h.owner().expect(200, "PATCH", at, `{"plan":"basic"}`) // one session at once
	first := bob.expect(201, "POST", "/api/v1/sessions", `{"team":"`+team+`"}`).json(t)
	if first["team"] != team {
		t.Errorf("%v", first)
	}
	if s := ann.expect(200, "GET", "/api/v1/sessions/"+first["id"].(string), "").json(t); s["role"] != "editor" {
		t.Errorf("%v", s)
	}
	if a := ann.expect(409, "POST", "/api/v1/sessions", `{"team":"`+team+`"}`); a.json(t)["type"] != planProblem {
		t.Errorf("%s", a.body)
	}
	ann.expect(201, "POST", "/api/v1/sessions", `{}`) // by her own plan
	if by := h.launcher.specs; len(by) != 2 || by[0].Size != "standard" || by[0].Quota != 20<<30 || by[1].Size != "small" || by[1].Quota != 5<<30 {
		t.Errorf("what the plans allow: %+v", by)
	}
	for range 3 {
		if _, _, err := h.accountant.Beat(t.Context(), first["id"].(string), true, h.now); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(30 * time.Second)
	}
	bob.expect(403, "GET", at+"/usage", "")
	usage := ann.expect(200, "GET", at+"/usage", "").json(t)
	if usage["seconds"] != 60.0 || usage["running"] != 1.0 || fmt.Sprint(usage["people"]) != "[map[login:bob seconds:60]]" {
		t.Errorf("%v", usage)
	}
	if mine := bob.do("GET", "/api/v1/me/usage", "").json(t); mine["seconds"] != 0.0 || mine["running"] != 0.0 {
		t.Errorf("it counts for bob: %v", mine)
	}
}
