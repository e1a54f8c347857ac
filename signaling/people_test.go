package signaling_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/signaling/token"
)

// window enters as one of a person's windows.
func (h *house) window(identity, person string, role room.Role) *guest {
	h.t.Helper()
	raw, err := token.Mint(testKey, testSecret, token.Grant{Room: "studio", Identity: identity, Person: person, Role: role, TTL: time.Hour})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.enterWith(client.Options{URL: h.url, Token: raw, Subscribe: true})
}

// TestPeopleFromOutside: an owner who is not in the room sees, promotes and
// removes people, with all their windows.
func TestPeopleFromOutside(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	h.window("olga-1", "olga", room.Owner)
	h.window("vera-1", "vera", room.Viewer)
	vera := h.window("vera-2", "vera", room.Viewer)
	agent.until("all are active", func() bool { return countActive(agent) == 3 })

	people := h.server.People("studio")
	if len(people) != 2 || people[0].Person != "olga" || !people[0].Drawing ||
		people[1].Person != "vera" || people[1].Windows != 2 || people[1].Role != room.Viewer || people[1].Drawing {
		t.Fatalf("%+v", people)
	}
	by := room.Presence{Person: "host", Name: "Host", Role: room.Owner}
	if err := h.server.SetRole("studio", "vera", room.Editor, by); err != nil {
		t.Fatal(err)
	}
	for _, identity := range []string{"vera-1", "vera-2"} {
		agent.until(identity+" is an editor", func() bool {
			return agent.people[identity].Attributes[room.RoleAttribute] == string(room.Editor)
		})
	}
	for _, row := range []struct {
		person string
		role   room.Role
		want   error
	}{
		{"olga", room.Viewer, collab.ErrLastOwner},
		{"agent", room.Viewer, collab.ErrAbsent},
		{"nobody", room.Viewer, collab.ErrAbsent},
		{"vera", room.Agent, collab.ErrRole},
	} {
		if err := h.server.SetRole("studio", row.person, row.role, by); !errors.Is(err, row.want) {
			t.Errorf("%s as %s: %v, want %v", row.person, row.role, err, row.want)
		}
	}
	if err := h.server.Expel("studio", "vera", by); err != nil {
		t.Fatal(err)
	}
	vera.until("vera is told", func() bool { return vera.closed })
	if left := h.server.People("studio"); slices.ContainsFunc(left, func(p room.Presence) bool { return p.Person == "vera" }) {
		t.Fatalf("%+v", left)
	}
	for _, name := range []string{"studio", "elsewhere"} {
		if err := h.server.Expel(name, "vera", by); !errors.Is(err, collab.ErrAbsent) {
			t.Errorf("twice from %s: %v", name, err)
		}
	}
}
