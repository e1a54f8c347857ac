package room

import (
	"errors"
	"strings"
	"testing"
)

func TestParseRole(t *testing.T) {
	for s, want := range map[string]Role{"": Viewer, "owner": Owner, "editor": Editor, "viewer": Viewer, "agent": Agent} {
		if r, err := ParseRole(s); r != want || err != nil {
			t.Errorf("ParseRole(%q) = %q, %v", s, r, err)
		}
	}
	if r, err := ParseRole("root"); r != Viewer || !errors.Is(err, ErrRole) {
		t.Errorf("an unknown role became %q, %v", r, err)
	}
}

func TestCheckName(t *testing.T) {
	for _, ok := range []string{"a", "Žofie", strings.Repeat("x", MaxNameBytes)} {
		if err := CheckName(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "a\nb", "\xff", strings.Repeat("x", MaxNameBytes+1), "nul\x00"} {
		if err := CheckName(bad); !errors.Is(err, ErrName) {
			t.Errorf("%q was accepted: %v", bad, err)
		}
	}
}
