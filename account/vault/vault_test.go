package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type shelf map[string]string

func (s shelf) Key(_ context.Context, person, fresh string) (string, error) {
	if s[person] == "" {
		s[person] = fresh
	}
	return s[person], nil
}

func TestSecretsAreTheirOwners(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "key")
	if _, err := LoadKey(path, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key that is not there: %v", err)
	}
	key, err := LoadKey(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the key: %v, %v", info, err)
	}
	again, err := LoadKey(path, true)
	if err != nil || string(again) != string(key) {
		t.Errorf("another key the second time: %v", err)
	}
	keys := shelf{}
	v, err := New(key, keys)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal(ctx, "ann", "remote 1", []byte("secret word"))
	if err != nil || strings.Contains(sealed, "secret") {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	if plain, err := v.Open(ctx, "ann", "remote 1", sealed); err != nil || string(plain) != "secret word" {
		t.Errorf("opened %q, %v", plain, err)
	}
	if twice, _ := v.Seal(ctx, "ann", "remote 1", []byte("secret word")); twice == sealed {
		t.Error("the same is sealed the same twice")
	}
	for name, open := range map[string]func() ([]byte, error){
		"another person's": func() ([]byte, error) { return v.Open(ctx, "bob", "remote 1", sealed) },
		"another purpose":  func() ([]byte, error) { return v.Open(ctx, "ann", "remote 2", sealed) },
		"damaged":          func() ([]byte, error) { return v.Open(ctx, "ann", "remote 1", sealed[:len(sealed)-2]+"AA") },
		"nonsense":         func() ([]byte, error) { return v.Open(ctx, "ann", "remote 1", "v1.?") },
		"another master": func() ([]byte, error) {
			other, err := New(make([]byte, 32), keys)
			if err != nil {
				t.Fatal(err)
			}
			return other.Open(ctx, "ann", "remote 1", sealed)
		},
		"a key forgotten": func() ([]byte, error) {
			delete(keys, "ann")
			return v.Open(ctx, "ann", "remote 1", sealed)
		},
	} {
		if name == "a key forgotten" {
			defer func() {
				if plain, err := open(); !errors.Is(err, ErrSealed) {
					t.Errorf("%s: %q, %v", name, plain, err)
				}
			}()
			continue
		}
		if plain, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func TestNoKeyAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path, true); err == nil {
		t.Error("a short key is taken")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("v1.AAAA")
	f.Fuzz(func(t *testing.T, sealed string) {
		aead, err := newAEAD(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(aead, []byte("x"), sealed); err == nil {
			t.Error("nobody sealed this")
		}
	})
}
