package signon

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestWhatClaimsMatch(t *testing.T) {
	var claims Claims
	if err := json.Unmarshal([]byte(`{"groups":["a","b"],"hd":"example.com","email_verified":true,"level":3,
		"realm_access":{"roles":["admin"]},"https://example.com/role":"chief"}`), &claims); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"groups=a": true, "groups=c": false, "groups=a,b": false, "hd=example.com": true, "hd=": false, "email_verified=true": true,
		"level=3": true, "realm_access.roles=admin": true, "realm_access=admin": false, "realm_access.roles.x=admin": false,
		"https://example.com/role=chief": true, "none=x": false, "none.x=y": false,
	} {
		m, err := ParseMatch(text)
		if err != nil && text != "hd=" {
			t.Fatal(text, err)
		}
		if err == nil && m.is(claims) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	for _, bad := range []string{"", "=", "a", "=b", "a="} {
		if _, err := ParseMatch(bad); !errors.Is(err, ErrRule) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a=b", "a=b:", ":c", "a:c"} {
		if _, err := ParseGrant(bad); !errors.Is(err, ErrRule) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if g, err := ParseGrant("urn:x=y:z:plan"); err != nil || g.Plan != "plan" || g.Claim != "urn:x" || g.Value != "y:z" {
		t.Error(g, err)
	}
}

// TestAnAddressThatAnybodyMayHaveWritten is not taken for somebody's.
func TestAnAddressThatAnybodyMayHaveWritten(t *testing.T) {
	for text, want := range map[string]string{
		`{"email":"a@b"}`: "a@b", `{"email":"a@b","email_verified":false}`: "", `{"email":7}`: "7", `{}`: "",
	} {
		var claims Claims
		if err := json.Unmarshal([]byte(text), &claims); err != nil {
			t.Fatal(err)
		}
		if e, err := (Rules{}).admit("i", "s", claims); err != nil || e.Email != want || e.Admin != nil || e.Plan != nil {
			t.Errorf("%s: %+v %v", text, e, err)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add(`{"a":{"b":["c"]}}`, "a.b=c")
	f.Add(`{"a":null}`, "a..=c:d")
	f.Fuzz(func(t *testing.T, text, rule string) {
		var claims Claims
		if json.Unmarshal([]byte(text), &claims) != nil {
			return
		}
		if m, err := ParseMatch(rule); err == nil && m.is(claims) && len(claims) == 0 {
			t.Errorf("%q matches nothing", rule)
		}
		if g, err := ParseGrant(rule); err == nil && g.Plan == "" {
			t.Errorf("%q grants no plan", rule)
		}
	})
}
