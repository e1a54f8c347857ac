package access

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
	"github.com/easel-live/easel/wire"
)

func openGuests(t testing.TB, path string) *Guests {
	t.Helper()
	g, err := OpenGuests(path)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func invite(t testing.TB, g *Guests, inv Invitation, passcode string) (Invitation, string) {
	t.Helper()
	inv.Session, inv.Expires = "s", day(2)
	made, secret, err := g.Invite(inv, passcode, day(1))
	if err != nil {
		t.Fatal(err)
	}
	return made, secret
}

func join(t *testing.T, g *Guests, secret, passcode, cookie string, now time.Time, want error) (Guest, string) {
	t.Helper()
	guest, cookie, err := g.Join("s", secret, passcode, cookie, now)
	if !errors.Is(err, want) {
		t.Fatalf("join: %v, want %v", err, want)
	}
	return guest, cookie
}

func TestInvitations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guests.json")
	g := openGuests(t, path)
	twice, secret := invite(t, g, Invitation{Role: room.Editor, MaxUses: 2}, "")
	ann, cookie := join(t, g, secret, "", "", day(1), nil)
	if ann.Role != room.Editor || ann.Person == "" {
		t.Fatalf("%+v", ann)
	}
	// The same person by the same link uses it once.
	again, same := join(t, g, secret, "", cookie, day(1), nil)
	if again.Person != ann.Person || same != cookie {
		t.Fatal("coming back makes another guest")
	}
	join(t, g, secret, "", "", day(1), nil)
	join(t, g, secret, "", "", day(1), ErrUsedUp)
	join(t, g, secret, "", cookie, day(1), nil)
	join(t, g, secret, "", cookie, day(2), ErrExpired)
	join(t, g, secret+"x", "", "", day(1), ErrInvite)
	if _, _, err := g.Join("other", secret, "", "", day(1)); !errors.Is(err, ErrInvite) {
		t.Errorf("good for another session: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, cookie} {
		if strings.Contains(string(content), s) {
			t.Error("the file holds a secret")
		}
	}
	g = openGuests(t, path)
	if list := g.Invitations("s", day(1)); len(list) != 1 || list[0].Uses != 2 || list[0].ID != twice.ID {
		t.Fatalf("%+v", list)
	}
	if known, ok := g.Known(cookie, day(1)); !ok || known.Person != ann.Person {
		t.Fatal("guests do not outlive the server")
	}
	if _, err := g.Revoke("other", twice.ID, false); !errors.Is(err, ErrNoSuchCode) {
		t.Errorf("revoked through another session: %v", err)
	}
	if removed, err := g.Revoke("s", twice.ID, false); err != nil || removed != nil {
		t.Fatal(removed, err)
	}
	if _, ok := g.Known(cookie, day(1)); !ok {
		t.Error("who was to be kept is gone")
	}
	join(t, g, secret, "", "", day(1), ErrInvite)

	all, link := invite(t, g, Invitation{Role: room.Viewer}, "")
	_, viewer := join(t, g, link, "", "", day(1), nil)
	if removed, err := g.Revoke("s", all.ID, true); err != nil || len(removed) != 1 {
		t.Fatal(removed, err)
	}
	if _, ok := g.Known(viewer, day(1)); ok {
		t.Error("who was removed is still a guest")
	}
	_, other := invite(t, g, Invitation{Role: room.Viewer}, "")
	join(t, g, other, "", viewer, day(1), ErrRemoved)
}

func TestPasscodes(t *testing.T) {
	g := openGuests(t, filepath.Join(t.TempDir(), "guests.json"))
	_, secret := invite(t, g, Invitation{Role: room.Viewer}, "quiet please")
	join(t, g, secret, "", "", day(1), ErrPasscode)
	join(t, g, secret, "loud", "", day(1), ErrWrongCode)
	join(t, g, secret, strings.Repeat("x", 2000), "", day(1), ErrWrongCode)
	_, cookie := join(t, g, secret, "quiet please", "", day(1), nil)
	join(t, g, secret, "", cookie, day(1), nil) // who knew it once
	if list := g.Invitations("s", day(1)); list[0].Uses != 1 || list[0].Misses != 1 {
		t.Errorf("%+v", list)
	}
	for range maxMisses {
		_, _, _ = g.Join("s", secret, "guess", "", day(1))
	}
	join(t, g, secret, "quiet please", "", day(1), ErrInvite)
}

func TestAnOwnersDecisionLasts(t *testing.T) {
	g := openGuests(t, filepath.Join(t.TempDir(), "guests.json"))
	_, editors := invite(t, g, Invitation{Role: room.Editor}, "")
	guest, cookie := join(t, g, editors, "", "", day(1), nil)
	if err := g.Decide("s", guest.Person, room.Viewer, false, day(1)); err != nil {
		t.Fatal(err)
	}
	if role, err := g.Standing("s", guest.Person, room.Editor); role != room.Viewer || err != nil {
		t.Fatal(role, err)
	}
	if again, _ := join(t, g, editors, "", cookie, day(1), nil); again.Role != room.Viewer {
		t.Error("the link undid what the owner decided")
	}
	if err := g.Decide("s", guest.Person, room.Viewer, true, day(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Standing("s", guest.Person, room.Owner); !errors.Is(err, ErrRemoved) {
		t.Fatal(err)
	}
	join(t, g, editors, "", cookie, day(1), ErrRemoved)
	const account = "u-ann"
	if role, err := g.Standing("s", account, room.Owner); role != room.Owner || err != nil {
		t.Fatal(role, err)
	}
	if err := g.Decide("s", account, room.Editor, false, day(1)); err != nil {
		t.Fatal(err)
	}
	if role, _ := g.Standing("s", account, room.Owner); role != room.Editor {
		t.Error("who has an account handed the session over, and has it still")
	}
	if err := g.Decide("s", "g-forgotten", room.Owner, false, day(1)); err != nil {
		t.Fatal(err)
	}
	if role, _ := g.Standing("s", "g-forgotten", room.Viewer); role != room.Viewer {
		t.Error("a guest who was forgotten is somebody")
	}
	if err := g.Forget("s"); err != nil {
		t.Fatal(err)
	}
	if len(g.state.Guests)+len(g.state.Invites) != 0 {
		t.Error("what belonged to the session is still there")
	}
}

func TestInvitationsAndGuestsAreBounded(t *testing.T) {
	g := openGuests(t, filepath.Join(t.TempDir(), "guests.json"))
	for range MaxInvites {
		invite(t, g, Invitation{Role: room.Viewer}, "")
	}
	if _, _, err := g.Invite(Invitation{Session: "s", Role: room.Viewer, Expires: day(2)}, "", day(1)); !errors.Is(err, ErrTooMany) {
		t.Fatal(err)
	}
	st := guestState{}
	st.fill()
	for i := range maxGuests + 10 {
		st.makeRoom(day(1))
		st.Guests[secret.Word(8)] = &Guest{Expires: day(1).Add(time.Duration(i+1) * time.Second)}
	}
	if len(st.Guests) > maxGuests {
		t.Fatalf("%d guests", len(st.Guests))
	}
}

// FuzzJoin: whatever comes as link, passcode and cookie, only the link lets in.
func FuzzJoin(f *testing.F) {
	g := openGuests(f, filepath.Join(f.TempDir(), "guests.json"))
	_, secret := invite(f, g, Invitation{Role: room.Viewer}, "")
	f.Add(secret, "", "")
	f.Add("", "", "")
	f.Add(strings.Repeat("A", 5000), "x", "host of s")
	f.Fuzz(func(t *testing.T, link, passcode, cookie string) {
		if len(passcode) > 0 {
			passcode = "x"
		}
		_, _, err := g.Join("s", link, passcode, cookie, day(1))
		if (err == nil) != (link == secret) {
			t.Errorf("%q: %v", link, err)
		}
	})
}

func TestRulesOutliveTheServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guests.json")
	g := openGuests(t, path)
	h := House{Rules: wire.Rules{Policy: "presenter", Presenter: "ann", Locked: true}, Inside: []string{"ann", "ben"}}
	if err := g.Rule("one", h); err != nil {
		t.Fatal(err)
	}
	if again := openGuests(t, path).Ruled("one"); again.Rules != h.Rules || !slices.Equal(again.Inside, h.Inside) {
		t.Errorf("%+v came back as %+v", h, again)
	}
	if other := g.Ruled("two"); other.Rules != (wire.Rules{}) {
		t.Errorf("another session has %+v", other)
	}
	if err := g.Forget("one"); err != nil {
		t.Fatal(err)
	}
	if over := openGuests(t, path).Ruled("one"); over.Rules != (wire.Rules{}) {
		t.Errorf("a session that is over has %+v", over)
	}
}
