package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// presenceVectors are messages in both forms. The TypeScript twin reads the
// same file.
func presenceVectors(t testing.TB) []vector {
	raw, err := os.ReadFile("testdata/presence.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestPresenceVectors(t *testing.T) {
	values := map[string]func() any{
		"pointer": func() any { return new(Pointer) }, "pointers": func() any { return new(Pointers) },
		"ink": func() any { return new(Ink) }, "view": func() any { return new(View) }, "reaction": func() any { return new(Reaction) },
	}
	for _, v := range presenceVectors(t) {
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		want := values[v.Kind]()
		if err := json.Unmarshal(v.Value, want); err != nil {
			t.Fatalf("%s: %v", v.Hex, err)
		}
		message := want
		if v.Kind != "ink" {
			message = reflect.ValueOf(want).Elem().Interface()
		}
		got, err := DecodePresence(b)
		if err != nil || !reflect.DeepEqual(got, message) {
			t.Errorf("%s %s:\n got %+v (%v)\nwant %+v", v.Kind, v.Hex, got, err, message)
		}
		back, err := AppendPresence(nil, message)
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("%s: encoded %x (%v), want %x", v.Kind, back, err, b)
		}
		for n := range len(b) {
			if _, err := DecodePresence(b[:n]); err == nil {
				t.Errorf("%s: %d of %d bytes were accepted", v.Kind, n, len(b))
			}
		}
	}
}

func TestPresenceRefuses(t *testing.T) {
	for name, message := range map[string]any{
		"no ink": &Ink{}, "too much ink": &Ink{Points: make([][2]uint16, MaxInkPoints+1)},
		"unknown reaction": Reaction{Which: Reactions}, "a long identity": Pointers{{Identity: strings.Repeat("x", MaxIdentity+1)}},
		"a crowd": make(Pointers, 256), "something else": 7,
	} {
		if _, err := AppendPresence(nil, message); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, raw := range map[string]string{
		"version": "0201" + "0100010002", "kind": "01090100010002", "flags": "0101" + "0400010002",
		"off the display": "0101" + "01ffff0002", "a view of no height": "0104" + "0000000000050000",
		"a reaction too many": "0105" + "0600010001", "trailing pointers": "010200ff",
	} {
		b, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodePresence(b); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

func FuzzDecodePresence(f *testing.F) {
	for _, v := range presenceVectors(f) {
		if b, err := hex.DecodeString(v.Hex); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		message, err := DecodePresence(b)
		if err != nil {
			return
		}
		back, err := AppendPresence(nil, message)
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("%x decodes to %+v and encodes to %x (%v)", b, message, back, err)
		}
	})
}
