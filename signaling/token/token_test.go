package token_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/token"
)

const (
	key    = "testkey"
	secret = "test-secret-test-secret-test-secret-0"
)

func mint(t *testing.T, g token.Grant) string {
	t.Helper()
	raw, err := token.Mint(key, secret, g)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRolesDecideWhatATokenAllows(t *testing.T) {
	keys := token.Keys{key: secret}
	for _, tc := range []struct {
		role                             room.Role
		publish, subscribe, data, update bool
		kind                             livekit.ParticipantInfo_Kind
	}{
		{room.Owner, false, true, true, false, livekit.ParticipantInfo_STANDARD},
		{room.Editor, false, true, true, false, livekit.ParticipantInfo_STANDARD},
		{room.Viewer, false, true, true, false, livekit.ParticipantInfo_STANDARD},
		{room.Agent, true, false, true, true, livekit.ParticipantInfo_AGENT},
	} {
		c, err := keys.Verify(mint(t, token.Grant{Room: "r", Identity: "i", Name: "I", Role: tc.role, TTL: time.Minute}))
		if err != nil {
			t.Fatalf("%s: %v", tc.role, err)
		}
		if c.Room != "r" || c.Identity != "i" || c.Name != "I" || c.Role != tc.role || c.Stock {
			t.Errorf("%s: read back %+v", tc.role, c)
		}
		if c.Publish != tc.publish || c.Subscribe != tc.subscribe || c.Data != tc.data || c.UpdateSelf != tc.update || c.Kind != tc.kind {
			t.Errorf("%s: permissions %+v", tc.role, c)
		}
	}
}

func TestAStockTokenIsAViewers(t *testing.T) {
	raw, err := auth.NewAccessToken(key, secret).SetIdentity("bot").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "r"}).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	c, err := token.Keys{key: secret}.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if c.Role != room.Viewer || !c.Stock || !c.Publish || !c.Subscribe || !c.Data {
		t.Errorf("claims %+v", c)
	}
}

func TestAPersonsTokenNeverPublishes(t *testing.T) {
	yes := true
	raw, err := auth.NewAccessToken(key, secret).SetIdentity("ed").
		SetAttributes(map[string]string{room.RoleAttribute: "editor"}).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "r", CanPublish: &yes}).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	c, err := token.Keys{key: secret}.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if c.Publish {
		t.Error("an editor's token may publish")
	}
}

func TestRefusals(t *testing.T) {
	good := mint(t, token.Grant{Room: "r", Identity: "i", TTL: time.Hour})
	sign := func(build func(*auth.AccessToken)) string {
		at := auth.NewAccessToken(key, secret).SetIdentity("i").
			SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "r"})
		build(at)
		raw, err := at.ToJWT()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, tc := range map[string]struct {
		keys token.Keys
		raw  string
		want error
	}{
		"none":      {token.Keys{key: secret}, "", token.ErrMissing},
		"garbage":   {token.Keys{key: secret}, "a.b.c", token.ErrMalformed},
		"oversize":  {token.Keys{key: secret}, strings.Repeat("a", token.MaxBytes+1), token.ErrMalformed},
		"foreign":   {token.Keys{"other": secret}, good, token.ErrUnknownKey},
		"no secret": {token.Keys{key: ""}, good, token.ErrUnknownKey},
		"forged":    {token.Keys{key: secret + "x"}, good, token.ErrInvalid},
		"tampered":  {token.Keys{key: secret}, good[:len(good)-4] + "AAAA", token.ErrInvalid},
		"no join": {token.Keys{key: secret}, sign(func(a *auth.AccessToken) {
			a.SetVideoGrant(&auth.VideoGrant{Room: "r"})
		}), token.ErrForbidden},
		"no room": {token.Keys{key: secret}, sign(func(a *auth.AccessToken) {
			a.SetVideoGrant(&auth.VideoGrant{RoomJoin: true})
		}), token.ErrForbidden},
		"no identity":  {token.Keys{key: secret}, sign(func(a *auth.AccessToken) { a.SetIdentity("") }), token.ErrForbidden},
		"unknown role": {token.Keys{key: secret}, sign(func(a *auth.AccessToken) { a.SetAttributes(map[string]string{room.RoleAttribute: "king"}) }), token.ErrForbidden},
		"long name":    {token.Keys{key: secret}, sign(func(a *auth.AccessToken) { a.SetName(strings.Repeat("n", room.MaxNameBytes+1)) }), token.ErrForbidden},
	} {
		if _, err := tc.keys.Verify(tc.raw); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestExpiry(t *testing.T) {
	// The verifier forgives a minute of clock skew, so a token that expired
	// longer ago than that is made by hand.
	raw := signExpired(t, 2*time.Minute)
	if _, err := (token.Keys{key: secret}).Verify(raw); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("expired token: %v", err)
	}
}

func TestRefreshKeepsThePermissions(t *testing.T) {
	keys := token.Keys{key: secret}
	c, err := keys.Verify(mint(t, token.Grant{Room: "r", Identity: "i", Role: room.Editor, TTL: time.Minute}))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := keys.Refresh(c, room.Viewer, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keys.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if again.Role != room.Viewer || again.Room != "r" || again.Publish || !again.Expires.After(c.Expires) {
		t.Errorf("refreshed %+v", again)
	}
}

func TestMintRefuses(t *testing.T) {
	for name, g := range map[string]token.Grant{
		"no room":     {Identity: "i", TTL: time.Hour},
		"no identity": {Room: "r", TTL: time.Hour},
		"no lifetime": {Room: "r", Identity: "i"},
		"bad role":    {Room: "r", Identity: "i", Role: "king", TTL: time.Hour},
	} {
		if _, err := token.Mint(key, secret, g); !errors.Is(err, token.ErrGrant) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	good, err := token.Mint(key, secret, token.Grant{Room: "r", Identity: "i", Role: room.Owner, TTL: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.eyJpc3MiOiJ0ZXN0a2V5In0.")
	keys := token.Keys{key: secret}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := keys.Verify(raw)
		if (c == nil) == (err == nil) {
			t.Fatalf("claims %v with error %v", c, err)
		}
		if err == nil && c.Identity != "i" {
			t.Fatalf("accepted %q", raw)
		}
	})
}
