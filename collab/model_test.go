package collab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestModel has spin visit every state of the protocol's model, and then of the
// same model with the rule taken out that a refused press spends its generation:
// a check that finds nothing there would find nothing at all.
func TestModel(t *testing.T) {
	for name, change := range map[string]*strings.Replacer{
		"as it is": strings.NewReplacer(),
		"with refused generations offered again": strings.NewReplacer(
			"burned = (g > burned -> g : burned);", "skip;",
			"spent = (g > spent -> g : spent);", "skip;",
			"refusedAt[who] = g;", "skip;",
		),
	} {
		t.Run(name, func(t *testing.T) {
			verdict := check(t, change)
			if clean := strings.Contains(verdict, "errors: 0"); clean != (name == "as it is") {
				t.Errorf("spin says:\n%s", verdict)
			}
		})
	}
}

func check(t *testing.T, change *strings.Replacer) string {
	t.Helper()
	source, err := os.ReadFile("../docs/model/lease.pml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lease.pml"), []byte(change.Replace(string(source))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{
		{"spin", "-a", "lease.pml"},
		{"gcc", "-O2", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"},
	} {
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v (`make deps-test` installs it)\n%s", argv, err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "pan"), "-E", "-n", "-m100000")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
