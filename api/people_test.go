package api

import (
	"testing"

	"github.com/easel-live/easel/internal/room"
)

// TestPeople: who may see, promote and remove somebody who is there.
func TestPeople(t *testing.T) {
	h := newHouse(t)
	id := h.session()
	at := "/api/v1/sessions/" + id + "/people"
	viewer := h.guest(id, "viewer")
	callers := []struct {
		name string
		who  *person
		may  bool
		no   int // how they are refused
	}{
		{"anonymous", h.visitor(), false, 401},
		{"viewer", viewer, false, 403},
		{"editor", h.guest(id, "editor"), false, 403},
		{"owner guest", h.guest(id, "owner"), true, 0},
		{"admin", h.owner(), true, 0},
	}
	for _, c := range callers {
		h.people = []room.Presence{{Person: "gva", Name: "Vera", Role: room.Viewer, Windows: 2}}
		requests := []struct {
			method, path, body string
			yes                int
			done               func() bool
		}{
			{"GET", at, "", 200, func() bool { return true }},
			{"PATCH", at + "/gva", `{"role":"editor"}`, 204, func() bool { return h.people[0].Role == room.Editor }},
			{"DELETE", at + "/gva", "", 204, func() bool { return len(h.people) == 0 }},
		}
		for _, r := range requests {
			want := c.no
			if c.may {
				want = r.yes
			}
			if a := c.who.do(r.method, r.path, r.body); a.status != want {
				t.Errorf("%s: %s %s: %d, want %d: %s", c.name, r.method, r.path, a.status, want, a.body)
			}
			if done := r.done(); r.method != "GET" && done != c.may {
				t.Errorf("%s: %s done: %v", c.name, r.method, done)
			}
		}
	}
}

func TestBadDecisionsAboutPeople(t *testing.T) {
	h := newHouse(t)
	at := "/api/v1/sessions/" + h.session() + "/people/"
	h.people = []room.Presence{{Person: "gva", Name: "Vera", Role: room.Viewer, Windows: 1}, {Person: h.admin.ID, Name: "Admin", Role: room.Owner, Windows: 1}}
	owner := h.owner()
	for _, row := range []struct {
		method, person, body string
		want                 int
	}{
		{"PATCH", "gva", `{"role":"agent"}`, 422},
		{"PATCH", "gva", `{"role":""}`, 422},
		{"PATCH", "gva", `{"role":"editor","removed":true}`, 400},
		{"PATCH", "gva", `{`, 400},
		{"DELETE", h.admin.ID, "", 409}, // themselves
		{"DELETE", "agent", "", 404},
		{"POST", "gva", "", 405},
	} {
		if a := owner.do(row.method, at+row.person, row.body); a.status != row.want {
			t.Errorf("%s %s %s: %d, want %d: %s", row.method, row.person, row.body, a.status, row.want, a.body)
		}
	}
	if h.people[0].Role != room.Viewer || len(h.people) != 2 {
		t.Errorf("%+v", h.people)
	}
}
