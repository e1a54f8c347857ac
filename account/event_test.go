package account

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzLegible(f *testing.F) {
	for _, seed := range []string{"", "ann", "a\x00b", "\xff", strings.Repeat("é", 200), "\x1b[2J"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := legible(text)
		if len(got) > maxDetailBytes || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q: %q", text, got)
		}
	})
}
