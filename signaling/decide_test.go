package signaling_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/twitchtv/twirp"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/wire"
)

// leaseWith waits to be told a lease that is so.
func (g *guest) leaseWith(what string, so func(wire.Lease) bool) wire.Lease {
	g.t.Helper()
	var lease wire.Lease
	g.until(what, func() bool {
		l := g.lastLease()
		if l == nil || !so(*l) {
			return false
		}
		lease = *l
		return true
	})
	return lease
}

func (g *guest) role(identity string) func() bool {
	return func() bool { return g.people[identity].Attributes[room.RoleAttribute] != "" }
}

// hand sends input as a browser does.
func (g *guest) hand(generation, first uint32, events ...wire.Event) []byte {
	g.t.Helper()
	raw, err := wire.AppendInput(nil, &wire.Input{Generation: generation, First: first, Events: events})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.PublishData(wire.TopicInput, raw, true); err != nil {
		g.t.Fatal(err)
	}
	return raw
}

var (
	down = wire.Event{Kind: wire.ButtonDown, Button: 1, X: 10, Y: 20}
	up   = wire.Event{Kind: wire.ButtonUp, Button: 1, X: 10, Y: 20}
)

func TestAPressTakesAFreeCanvas(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	ed, eva := h.enter("ed", room.Editor), h.enter("eva", room.Editor)
	agent.until("all are active", func() bool { return countActive(agent) == 2 })
	free := ed.leaseWith("the canvas is free", func(l wire.Lease) bool { return l.Holder == "" })
	stroke := ed.hand(free.Generation, 1, down)
	agent.until("the press arrives as it was", agent.heard(message{"ed", wire.TopicInput, string(stroke)}))
	held := eva.leaseWith("ed holds it", func(l wire.Lease) bool { return l.Holder == "ed" })
	if held.Generation != free.Generation {
		t.Fatalf("offered generation %d, ed has %d", free.Generation, held.Generation)
	}
	// Whoever comes second is told why, and is next.
	refused := eva.hand(held.Generation+1, 1, down)
	if c := eva.control(wire.ControlRefused); c.Code != "busy" || c.Generation != held.Generation+1 || c.Reason == "" {
		t.Fatalf("refused with %+v", c)
	}
	ed.leaseWith("eva waits", func(l wire.Lease) bool { return len(l.Waiting) == 1 && l.Waiting[0] == "eva" })
	ed.hand(held.Generation, 2, up)
	next := eva.leaseWith("it is eva's turn", func(l wire.Lease) bool { return l.Holder == "eva" })
	if next.Generation <= held.Generation+1 {
		t.Fatalf("the number of a refused press, %d, was given again: %d", held.Generation+1, next.Generation)
	}
	if agent.holds(agent.heard(message{"eva", wire.TopicInput, string(refused)})) {
		t.Error("a refused press reached the agent")
	}
	// She does not begin: the canvas is free again by time alone.
	ed.leaseWith("it is free again", func(l wire.Lease) bool { return l.Holder == "" && l.Generation > next.Generation })
	// Forged generations reach nobody.
	for _, g := range []uint32{0, 1, 1 << 31, ^uint32(0)} {
		ed.hand(g, 1, down)
	}
	ed.waitMetric(h, "easel_input_refused_total", 4, "stale")
}

// record remembers what was decided.
type record struct {
	signaling.Unobserved
	decisions chan signaling.Decision
}

func (r record) Decided(_ string, d signaling.Decision) { r.decisions <- d }

func TestOwnersDecideAndItLasts(t *testing.T) {
	seen := record{decisions: make(chan signaling.Decision, 16)}
	h := open(t, func(c *signaling.Config) { c.Observer = seen })
	decided := func() signaling.Decision {
		t.Helper()
		select {
		case d := <-seen.decisions:
			return d
		case <-time.After(patience):
			t.Fatal("nothing was decided")
			return signaling.Decision{}
		}
	}
	owner := h.enter("owner", room.Owner)
	window := func(identity, person string, role room.Role) string {
		raw, err := token.Mint(testKey, testSecret, token.Grant{Room: "studio", Identity: identity, Person: person, Role: role, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	one := h.enterWith(client.Options{URL: h.url, Token: window("vic-1", "vic", room.Viewer)})
	two := h.enterWith(client.Options{URL: h.url, Token: window("vic-2", "vic", room.Viewer)})
	owner.until("both windows are there", func() bool { return owner.role("vic-1")() && owner.role("vic-2")() })

	// One person, two windows: the role is theirs in both, and outlives the token.
	owner.command(wire.Control{Type: wire.ControlRole, To: "vic-1", Role: "editor"})
	if d := decided(); d.Kind != wire.ControlRole || d.About.Key != "vic" || d.About.Role != room.Editor || d.By.Identity != "owner" {
		t.Fatalf("decided %+v", d)
	}
	owner.until("both windows are an editor's", func() bool {
		return owner.people["vic-1"].Attributes[room.RoleAttribute] == "editor" && owner.people["vic-2"].Attributes[room.RoleAttribute] == "editor"
	})
	three := h.enterWith(client.Options{URL: h.url, Token: window("vic-3", "vic", room.Viewer)})
	owner.until("a viewer's token of an editor", func() bool { return owner.people["vic-3"].Attributes[room.RoleAttribute] == "editor" })

	owner.command(wire.Control{Type: wire.ControlLock, On: true})
	decided()
	if err := h.knock(window("late", "late", room.Editor)); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("a locked room says %v", err)
	}
	if err := h.knock(window("vic-1", "vic", room.Viewer)); err != nil {
		t.Errorf("who is in comes back: %v", err)
	}
	owner.command(wire.Control{Type: wire.ControlLock})
	decided()

	owner.command(wire.Control{Type: wire.ControlRemove, To: "vic-2"})
	if d := decided(); d.Kind != wire.ControlRemove || d.About.Key != "vic" {
		t.Fatalf("decided %+v", d)
	}
	for _, g := range []*guest{one, two, three} {
		g.until("every window is sent away", func() bool { return g.closed })
	}
	// The old token, and another window of the same person: replayed in vain.
	for _, identity := range []string{"vic-1", "vic-9"} {
		if err := h.knock(window(identity, "vic", room.Editor)); err == nil || !strings.Contains(err.Error(), "removed") {
			t.Errorf("%s: %v", identity, err)
		}
	}
}

// knock asks whether a token opens the room.
func (h *house) knock(raw string) error {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), "GET", h.http.URL+"/rtc/validate?access_token="+raw, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := h.http.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	body := make([]byte, 200)
	n, _ := resp.Body.Read(body)
	return fmt.Errorf("%d: %s", resp.StatusCode, body[:n])
}

// TestTheStoreHasTheLastWord: whom the server's own records demote or bar, no
// token makes more of.
func TestTheStoreHasTheLastWord(t *testing.T) {
	h := open(t, func(c *signaling.Config) {
		c.Admit = func(_, person string, role room.Role) (room.Role, error) {
			switch person {
			case "barred":
				return "", fmt.Errorf("barred")
			case "demoted":
				return room.Viewer, nil
			}
			return role, nil
		}
	})
	mint := func(person string) string {
		raw, err := token.Mint(testKey, testSecret, token.Grant{Room: "studio", Identity: person, Person: person, Role: room.Owner, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	watcher := h.enter("watcher", room.Viewer)
	h.enterWith(client.Options{URL: h.url, Token: mint("demoted")})
	watcher.until("an owner's token of a viewer", func() bool { return watcher.people["demoted"].Attributes[room.RoleAttribute] == "viewer" })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if conn, err := client.Dial(ctx, client.Options{URL: h.url, Token: mint("barred")}, &guest{t: t, changed: make(chan struct{}), people: map[string]client.Participant{}}); err == nil {
		_ = conn.Close()
		t.Error("let in")
	}
}

// TestAuthority: what each role may do, by each way of asking. The REST half is in
// package api.
func TestAuthority(t *testing.T) {
	roles := []room.Role{room.Owner, room.Editor, room.Viewer, room.Agent}
	commands := []struct {
		what    wire.Control
		refused [4]string // by role; "": allowed
	}{
		{wire.Control{Type: wire.ControlRequest}, [4]string{"", "", "view_only", "view_only"}},
		{wire.Control{Type: wire.ControlTake}, [4]string{"", "busy", "view_only", "view_only"}},
		{wire.Control{Type: wire.ControlRelease}, [4]string{"", "", "view_only", "view_only"}},
		{wire.Control{Type: wire.ControlGrant, To: "other"}, [4]string{"", "not_holder", "view_only", "view_only"}},
		{wire.Control{Type: wire.ControlDeny, To: "other"}, [4]string{"absent", "not_holder", "view_only", "view_only"}},
		{wire.Control{Type: wire.ControlPolicy, Policy: "ask"}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlRole, To: "other", Role: "viewer"}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlTransfer, To: "other"}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlRemove, To: "other"}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlLock, On: true}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlMute, On: true}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: wire.ControlShare, On: true}, [4]string{"", "not_owner", "not_owner", "not_owner"}},
		{wire.Control{Type: "dance"}, [4]string{"unknown", "unknown", "view_only", "view_only"}},
	}
	for i, role := range roles {
		t.Run(string(role), func(t *testing.T) {
			h := open(t, func(c *signaling.Config) { c.Limits.CommandRate = 1000 })
			holder := h.enter("holder", room.Owner)
			holder.leaseWith("the holder draws", func(l wire.Lease) bool { return l.Holder == "holder" })
			me := h.enter("me", role)
			me.lease()
			for n, c := range commands {
				name := fmt.Sprintf("other-%d", n) // who was removed does not come back
				other := h.enter(name, room.Editor)
				other.lease()
				h.settled()
				marker := len(me.heardAll())
				if c.what.To != "" {
					c.what.To = name
				}
				me.command(c.what)
				// A question that is always answered says when the one before has been.
				me.command(wire.Control{Type: wire.ControlRole, To: "marker", Role: "viewer"})
				got := me.answers(marker)
				if got != c.refused[i] {
					t.Errorf("%s %s: %q, want %q", role, c.what.Type, got, c.refused[i])
				}
				other.leave()
				holder.until("the other is gone", func() bool { p := holder.people[name]; return p.Left || p.SID == "" })
				h.restore(holder, me, role)
			}
			// The same token is no key to RoomService, whatever its role.
			ctx, err := twirp.WithHTTPRequestHeaders(t.Context(), http.Header{"Authorization": {"Bearer " + h.token("me", role)}})
			if err != nil {
				t.Fatal(err)
			}
			svc := livekit.NewRoomServiceProtobufClient(h.http.URL, h.http.Client())
			_, err = svc.RemoveParticipant(ctx, &livekit.RoomParticipantIdentity{Room: "studio", Identity: "holder"})
			wantCode(t, "removes by RoomService", err, twirp.PermissionDenied)
			_, err = svc.UpdateParticipant(ctx, &livekit.UpdateParticipantRequest{Room: "studio", Identity: "me", Attributes: map[string]string{room.RoleAttribute: "owner"}})
			wantCode(t, "promotes by RoomService", err, twirp.PermissionDenied)
			_, err = svc.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: "studio"})
			wantCode(t, "deletes by RoomService", err, twirp.PermissionDenied)
			// Nor does it help to say what one would like to be.
			if role != room.Agent {
				if err := me.SetAttributes(map[string]string{room.RoleAttribute: "owner"}); err != nil {
					t.Fatal(err)
				}
				h.settled()
				if !holder.holds(func() bool { return holder.people["me"].Attributes[room.RoleAttribute] == string(role) }) {
					t.Errorf("%s says it is an owner, and is believed", role)
				}
			}
		})
	}
}

// settled waits until the room has done what came before.
func (h *house) settled() {
	h.t.Helper()
	svc, admin := h.rooms(&auth.VideoGrant{RoomAdmin: true, Room: "studio"})
	if _, err := svc.ListParticipants(admin, &livekit.ListParticipantsRequest{Room: "studio"}); err != nil {
		h.t.Fatal(err)
	}
}

// restore undoes what a command may have done: the holder owns and holds, under
// an open policy, and me is what they were.
func (h *house) restore(holder, me *guest, role room.Role) {
	h.t.Helper()
	svc, admin := h.rooms(&auth.VideoGrant{RoomAdmin: true, Room: "studio"})
	set := func(identity string, r room.Role) {
		if _, err := svc.UpdateParticipant(admin, &livekit.UpdateParticipantRequest{Room: "studio", Identity: identity, Attributes: map[string]string{room.RoleAttribute: string(r)}}); err != nil {
			h.t.Fatal(err)
		}
	}
	set("holder", room.Owner)
	if role != room.Agent {
		set("me", role)
	}
	for _, c := range []wire.Control{
		{Type: wire.ControlPolicy, Policy: "ask"}, {Type: wire.ControlLock}, {Type: wire.ControlMute}, {Type: wire.ControlShare}, {Type: wire.ControlTake},
	} {
		holder.command(c)
	}
	holder.leaseWith("all is as before", func(l wire.Lease) bool {
		return l.Holder == "holder" && l.Rules.Policy == "ask" && !l.Rules.Locked && !l.Rules.Muted && !l.Rules.Shared
	})
}

func (g *guest) heardAll() []message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]message(nil), g.messages...)
}

// answers is the code of the refusal that came before that of the marker; "" for
// none.
func (g *guest) answers(from int) string {
	g.t.Helper()
	code := ""
	g.until("the marker is refused", func() bool {
		code = ""
		for _, m := range g.messages[from:] {
			c, err := wire.DecodeControl([]byte(m.payload))
			switch {
			case err != nil || c.Type != wire.ControlRefused:
			case c.To == "marker":
				return true
			default:
				code = c.Code
			}
		}
		return false
	})
	return code
}

func TestFloodsOfRequestsAreRefused(t *testing.T) {
	h := open(t, nil)
	owner := h.enter("owner", room.Owner)
	owner.lease()
	ed := h.enter("ed", room.Editor)
	ed.lease()
	for range 60 {
		ed.command(wire.Control{Type: wire.ControlTake})
	}
	ed.until("the flood is refused with a reason", func() bool {
		for _, m := range ed.messages {
			if c, err := wire.DecodeControl([]byte(m.payload)); err == nil && c.Code == "too_fast" && c.Reason != "" {
				return true
			}
		}
		return false
	})
	// Nobody else is slowed down by it.
	owner.command(wire.Control{Type: wire.ControlMute, On: true})
	owner.leaseWith("the owner is heard", func(l wire.Lease) bool { return l.Rules.Muted })
}

// A holder's connection that breaks gives the canvas up after the grace, though
// they could resume for longer.
func TestALostHolderGivesTheCanvasUp(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	scissors := newWirecutter(t, h)
	ed := h.enterWith(client.Options{URL: scissors.url(), Token: h.token("ed", room.Editor)})
	eva := h.enter("eva", room.Editor)
	agent.until("all are active", func() bool { return countActive(agent) == 2 })
	free := ed.leaseWith("the canvas is free", func(l wire.Lease) bool { return l.Holder == "" })
	ed.hand(free.Generation, 1, down)
	held := eva.leaseWith("ed holds it", func(l wire.Lease) bool { return l.Holder == "ed" })
	scissors.cut(true)
	defer scissors.cut(false)
	eva.leaseWith("it is free, under another generation", func(l wire.Lease) bool { return l.Holder == "" && l.Generation > held.Generation })
	agent.leaseWith("the agent is told to let go", func(l wire.Lease) bool { return l.Generation > held.Generation })
}

// memory is an observer with the memory of a server's files.
type memory struct {
	signaling.Unobserved
	kept chan signaling.House
}

func (m memory) RulesChanged(_ string, h signaling.House) { m.kept <- h }

// What owners set outlives the server, and a locked room lets those back in who
// were there.
func TestRulesOutliveTheRoom(t *testing.T) {
	m := memory{kept: make(chan signaling.House, 16)}
	h := open(t, func(c *signaling.Config) { c.Observer = m })
	owner, ed := h.enter("owner", room.Owner), h.enter("ed", room.Editor)
	owner.until("ed is there", owner.role("ed"))
	for _, c := range []wire.Control{
		{Type: wire.ControlPolicy, Policy: "ask"}, {Type: wire.ControlMute, On: true},
		{Type: wire.ControlShare, On: true}, {Type: wire.ControlLock, On: true},
	} {
		owner.command(c)
	}
	want := wire.Rules{Policy: "ask", Locked: true, Muted: true, Shared: true}
	ed.leaseWith("the rules", func(l wire.Lease) bool { return l.Rules == want })
	var last signaling.House
	for last.Rules != want {
		select {
		case last = <-m.kept:
		case <-time.After(patience):
			t.Fatalf("told of %+v", last)
		}
	}

	later := open(t, func(c *signaling.Config) { c.Recall = func(string) signaling.House { return last } })
	back := later.enter("ed", room.Editor)
	back.leaseWith("the rules as they were", func(l wire.Lease) bool { return l.Rules == want })
	later.enter("owner", room.Owner)
	if err := later.knock(later.token("eva", room.Editor)); err == nil {
		t.Error("somebody who was not there entered a locked room")
	}
}
