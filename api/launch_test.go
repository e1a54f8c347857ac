package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// meter lets a session be ready for a while.
func (h *house) meter(id string, long time.Duration) {
	h.t.Helper()
	for until := h.now.Add(long); ; h.now = h.now.Add(time.Minute) {
		if _, _, err := h.accountant.Beat(context.Background(), id, true, h.now); err != nil {
			h.t.Fatal(err)
		}
		if !h.now.Before(until) {
			return
		}
	}
}

// TestAPlanFromItsFirstMinuteToItsLast as its user sees it.
func TestAPlanFromItsFirstMinuteToItsLast(t *testing.T) {
	h := newHouse(t)
	ann := h.login(h.user("ann"))
	s := ann.do("POST", "/api/v1/sessions", `{"name":"Poster"}`).json(t)
	id := s["id"].(string)
	if a := ann.do("POST", "/api/v1/sessions", `{}`); a.status != 409 || a.json(t)["type"] != planProblem || !strings.Contains(string(a.body), "1 at once") {
		t.Errorf("a second one: %d %s", a.status, a.body)
	}
	h.meter(id, 2*time.Hour)
	u := ann.do("GET", "/api/v1/me/usage", "").json(t)
	if u["seconds"] != 7200.0 || u["running"] != 1.0 || u["month"] != "2026-01" || len(u["days"].([]any)) != 1 || u["plan"].(map[string]any)["id"] != "free" {
		t.Errorf("%v", u)
	}
	if a := ann.do("DELETE", "/api/v1/sessions/"+id, ""); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if err := h.accountant.Finish(t.Context(), id, "", h.now); err != nil {
		t.Fatal(err)
	}
	if a := ann.do("POST", "/api/v1/sessions", `{}`); a.status != 403 || a.json(t)["type"] != planProblem || !strings.Contains(string(a.body), "120 minutes") {
		t.Errorf("with no time left: %d %s", a.status, a.body)
	}
	past := ann.do("GET", "/api/v1/me/past", "").json(t)["sessions"].([]any)
	if len(past) != 1 || past[0].(map[string]any)["name"] != "Poster" || past[0].(map[string]any)["seconds"] != 7200.0 {
		t.Errorf("%v", past)
	}
	admin := h.owner()
	if a := admin.do("PATCH", "/api/v1/users/ann", `{"plan":"basic"}`); a.status != 200 || a.json(t)["plan"] != "basic" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := admin.do("PATCH", "/api/v1/users/ann", `{"plan":"none such"}`); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
	again := ann.do("POST", "/api/v1/sessions", `{"resume":"`+id+`"}`)
	if again.status != 201 || again.json(t)["id"] != id || again.json(t)["name"] != "Poster" {
		t.Errorf("%d %s", again.status, again.body)
	}
	if a := ann.do("POST", "/api/v1/sessions", `{"resume":"`+id+`"}`); a.status != 409 {
		t.Errorf("while it runs: %d %s", a.status, a.body)
	}
	rows := admin.do("GET", "/api/v1/usage", "").json(t)["uses"].([]any)
	if len(rows) != 1 || rows[0].(map[string]any)["login"] != "ann" || rows[0].(map[string]any)["plan"] != "free" {
		t.Errorf("%v", rows)
	}
	csv := string(admin.do("GET", "/api/v1/usage?format=csv", "").body)
	if want := "2026-01-02,1," + id + ",Poster,"; !strings.Contains(csv, want) || !strings.HasPrefix(csv, "day,run,session") {
		t.Errorf("%s", csv)
	}
	for _, query := range []string{"month=2026-13", "month=x", "month=0001-01", "format=xml"} {
		if a := admin.do("GET", "/api/v1/usage?"+query, ""); a.status != 422 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
}

func TestSomebodyElsesSessionIsNotGoneOnWith(t *testing.T) {
	h := newHouse(t)
	ann, eve := h.login(h.user("ann")), h.login(h.user("eve"))
	id := ann.do("POST", "/api/v1/sessions", `{}`).json(t)["id"].(string)
	for _, resume := range []string{id, "unknown", "a\\u0000", strings.Repeat("x", 200)} {
		if a := eve.do("POST", "/api/v1/sessions", `{"resume":"`+resume+`"}`); a.status != 404 {
			t.Errorf("%s: %d %s", resume, a.status, a.body)
		}
	}
}

// TestTwoClicksStartOneSession, and a key is for one wish.
func TestTwoClicksStartOneSession(t *testing.T) {
	h := newHouse(t)
	ann := h.login(h.user("ann"))
	ids := make(map[any]bool)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a := ann.do("POST", "/api/v1/sessions", `{"name":"Mine"}`, "Idempotency-Key", "click-1")
			mu.Lock()
			defer mu.Unlock()
			switch a.status {
			case http.StatusCreated:
				ids[a.json(t)["id"]] = true
			case http.StatusConflict: // the other one is between its reservation and its start
			default:
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || len(h.sessions.List()) != 1 {
		t.Errorf("started %v", ids)
	}
	if a := ann.do("POST", "/api/v1/sessions", `{"name":"Other"}`, "Idempotency-Key", "click-1"); a.status != 422 {
		t.Errorf("another wish: %d %s", a.status, a.body)
	}
	for _, key := range []string{strings.Repeat("x", 129), "a b", "é"} {
		if a := ann.do("POST", "/api/v1/sessions", `{}`, "Idempotency-Key", key); a.status != 422 {
			t.Errorf("%q: %d", key, a.status)
		}
	}
}

// TestWhatDoesNotStartHoldsNoPlace in the plan.
func TestWhatDoesNotStartHoldsNoPlace(t *testing.T) {
	h := newHouse(t)
	ann := h.user("ann")
	for range 3 { // all that the server holds
		h.session()
	}
	if a := h.login(ann).do("POST", "/api/v1/sessions", `{}`); a.status != 409 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if held, err := h.accountant.Holds(t.Context(), ann.ID, h.now); err != nil || held.Sessions != 0 {
		t.Errorf("%+v %v", held, err)
	}
}

func TestASessionHasRoomForAsManyAsItsPlanSays(t *testing.T) {
	h := newHouse(t)
	ann := h.user("ann")
	id := h.sessionOf(ann)
	for i := range 3 {
		h.people = append(h.people, room.Presence{Person: fmt.Sprint("g-", i), Role: room.Viewer})
	}
	h.people = append(h.people, room.Presence{Person: ann.ID, Role: room.Owner})
	at := "/api/v1/sessions/" + id + "/tokens"
	if a := h.login(ann).do("POST", at, `{}`); a.status != 200 {
		t.Errorf("the owner: %d %s", a.status, a.body)
	}
	guest := h.guest(id, "viewer")
	if a := guest.do("POST", at, `{}`); a.status != 403 || a.json(t)["type"] != planProblem {
		t.Errorf("one too many: %d %s", a.status, a.body)
	}
	h.people = h.people[1:]
	if a := guest.do("POST", at, `{}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func FuzzCell(f *testing.F) {
	for _, seed := range []string{"", "a", "=1+1", "+1", "-1", "@x", "\t=1", "'", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := cell(text); got != text && got != "'"+text || got != "" && strings.ContainsAny(got[:1], "=+-@\t\r") {
			t.Errorf("%q: %q", text, got)
		}
	})
}
