package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccountsByTheCommandLine(t *testing.T) {
	s := newShell(t)
	plans := filepath.Join(t.TempDir(), "plans.json")
	if err := os.WriteFile(plans, []byte(`{"default":"tiny","plans":[{"id":"tiny","name":"Tiny","minutes":5},{"id":"big","name":"Big"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "EASEL_PLANS="+plans)
	s.serve(t)
	for _, step := range []struct {
		args string
		ok   bool
		want string
	}{
		{"plan list", true, "Tiny (default)"},
		{"plan list --json", true, `"default":"tiny"`},
		{"user add ann --display Ann --email ann@example.com --plan big", true, "/login?token="},
		{"user add ann", false, "already"},
		{"user add bob --plan huge", false, "no such plan"},
		{"user set ann --name anna --admin", true, ""},
		{"user list", true, "anna"},
		{"user list --json", true, `"plan":"big"`},
		{"user set admin --disable", true, ""},
		{"user set anna --disable", false, "last administrator"},
		{"user set admin --no-disable", true, ""},
		{"password anna", true, "Password:"},
		{"password nobody", false, "no such account"},
		{"team add Studio --owner bob --plan big", true, "t-"},
		{"team add Studio --plan huge", false, "no such plan"},
		{"team list", true, "Studio"},
		{"team list --json", true, `"plan":"big"`},
		{"team show t-none", false, "no such team"},
		{"team invite t-none bob", false, "no such team"},
		{"team remove t-none", false, "no such team"},
		{"api-token add ci --scopes read,sessions", true, "easel_"},
		{"api-token add ci --scopes root", false, "scope"},
		{"api-token list", true, "read, sessions"},
		{"api-token revoke none", false, "no such token"},
		{"usage", true, "day,run,session"},
		{"usage --month 2026-01 --json", true, `"month":"2026-01"`},
		{"usage --month x", false, "month"},
		{"session start --user nobody", false, "no such account"},
		{"session start --resume unknown", false, "go on with"},
		{"user remove anna", true, ""},
		{"user remove anna", false, "no such account"},
	} {
		out, complaint, ok := s.run(t, strings.Fields(step.args)...)
		if ok != step.ok || !strings.Contains(out+complaint, step.want) {
			t.Errorf("easel %s: %v\n%s%s", step.args, ok, out, complaint)
		}
	}
}

func TestBadPlansAreRefused(t *testing.T) {
	s := newShell(t)
	plans := filepath.Join(t.TempDir(), "plans.json")
	if err := os.WriteFile(plans, []byte(`{"default":"none","plans":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "EASEL_PLANS="+plans)
	if _, complaint, ok := s.run(t, "serve"); ok || !strings.Contains(complaint, "EASEL_PLANS") {
		t.Errorf("%v %s", ok, complaint)
	}
}
