package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCopiesAreRecoveredBesideTheirFile(t *testing.T) {
	p := open(t, 0)
	_, err := p.Mkdir("Art")
	p.must(err)
	saved := time.Now().Add(-time.Minute).UTC()
	for _, content := range []string{"first", "second", "third"} {
		at, err := p.CopyPath("17-1")
		p.must(err)
		p.must(os.WriteFile(at, []byte(content), 0o600))
		p.must(p.Keep(Copy{ID: "17-1", Name: "tree.xcf", Path: "Art/tree.xcf", Saved: saved}))
	}
	half, err := p.CopyPath("17-1") // killed while it saves
	p.must(err)
	p.must(os.WriteFile(half, []byte("ha"), 0o600))
	changed := saved.Add(4 * time.Second)
	p.Changed("17-1", changed)
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(half), "[0-9]*.xcf")); len(files) != versions {
		t.Errorf("kept %v", files)
	}
	copies, err := p.Copies()
	p.must(err)
	if len(copies) != 1 || !copies[0].Changed.Equal(changed) || copies[0].Version != 2 {
		t.Errorf("copies: %+v", copies)
	}
	p.expect("", "Art")
	path, err := p.Recover("17-1")
	p.must(err)
	if path != "Art/tree (recovered).xcf" || p.read(path) != "third" {
		t.Errorf("recovered as %q", path)
	}
	_, err = p.Recover("17-1")
	p.refused("twice", err, ErrNotFound)
}

func TestCopiesOfWhatCanBeNamedNoMore(t *testing.T) {
	p := open(t, 0)
	keep := func(c Copy) {
		at, err := p.CopyPath(c.ID)
		p.must(err)
		p.must(os.WriteFile(at, []byte("x"), 0o600))
		p.must(p.Keep(c))
	}
	keep(Copy{ID: "1-1", Name: "[a\nb]", Path: "../../elsewhere/a"})
	keep(Copy{ID: "1-2", Name: strings.Repeat("x", 300), Path: "gone/a.xcf"})
	for id, want := range map[string]string{"1-1": "Recovered.xcf", "1-2": "Recovered (2).xcf"} {
		got, err := p.Recover(id)
		p.must(err)
		if !strings.HasPrefix(got, "Recovered") {
			t.Errorf("%s: %q, want like %q", id, got, want)
		}
	}
	for _, id := range []string{"", "..", "a", "1/2"} {
		_, err := p.CopyPath(id)
		p.refused(id, err, ErrName)
	}
	p.must(p.Forget("5-5"))
}
