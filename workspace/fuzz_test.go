package workspace

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzPath(f *testing.F) {
	for _, s := range []string{"", "/", "a/b", "../a", "a/../..", ".easel/trash", "\xff/a", "a\x00", "./a", "\uef85"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := within(s); err == nil && !filepath.IsLocal(p) {
			t.Errorf("%q became %q", s, p)
		}
		if p, err := fresh(s); err == nil && !fs.ValidPath(p) && utf8.ValidString(p) {
			t.Errorf("%q may be made as %q", s, p)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"", "a.png", "caf\xe9", "\uef85", "\xee\xbe\x85", strings.Repeat("é", 127) + ".jpeg"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := escape(s)
		if !utf8.ValidString(e) || unescape(e) != s {
			t.Errorf("%q became %q and came back as %q", s, e, unescape(e))
		}
		if CheckName(s) != nil {
			return
		}
		if n := numbered(s, 12); CheckName(n) != nil && CheckName(strings.TrimSpace(n)) != nil {
			t.Errorf("%q was numbered as %q", s, n)
		}
	})
}

func FuzzPicture(f *testing.F) {
	good := pngOf(picture(8, 8, 128))
	f.Add(good)
	f.Add(withSize(good, 1<<20, 1<<20))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_ = text(raw, "Thumb::MTime")
		small, err := shrink(bytes.NewReader(raw))
		if err == nil && len(small) == 0 {
			t.Error("a preview of nothing")
		}
	})
}

// FuzzNotes reads notes about the trash and uploads as a hostile program in the
// session might leave them.
func FuzzNotes(f *testing.F) {
	f.Add([]byte(`{"path":"../../etc/passwd","size":-1,"done":true}`))
	f.Add([]byte(`{"path":"a","size":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, note []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "work")
		id := newID()
		var with map[string]any
		if json.Unmarshal(note, &with) == nil && with != nil {
			with["id"] = id
			note, _ = json.Marshal(with)
		}
		for _, of := range []string{uploadDir, trashDir} {
			if err := os.MkdirAll(filepath.Join(dir, of, id), 0o700); err != nil {
				t.Fatal(err)
			}
			_ = os.WriteFile(filepath.Join(dir, of, id, "info.json"), note, 0o600)
			_ = os.WriteFile(filepath.Join(dir, of, id, "item"), []byte("item"), 0o600)
		}
		w, err := Open(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		_, _ = w.Trash()
		_, _ = w.Restore(id)
		_, _ = w.Continue(id, 0, strings.NewReader("some bytes"))
		_, _ = w.Finish(id)
		if left, _ := os.ReadDir(above); len(left) != 1 {
			t.Errorf("something left the workspace: %v", left)
		}
	})
}
