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

// vector is one message in both forms. The TypeScript twin reads the same file.
type vector struct {
	Kind  string          `json:"kind"`
	Hex   string          `json:"hex"`
	Value json.RawMessage `json:"value"`
}

// codec decodes bytes into a value and encodes it again.
type codec struct {
	value  func() any
	decode func([]byte, any) error
	encode func(any) ([]byte, error)
}

var codecs = map[string]codec{
	"input": {
		func() any { return new(Input) },
		func(b []byte, v any) error { return DecodeInput(b, v.(*Input)) },
		func(v any) ([]byte, error) { return AppendInput(nil, v.(*Input)) },
	},
	"frame": {
		func() any { return new(FrameTag) },
		func(b []byte, v any) (err error) { *v.(*FrameTag), err = DecodeFrameTag(b); return err },
		func(v any) ([]byte, error) { return AppendFrameTag(nil, v.(*FrameTag)), nil },
	},
	"exact": {
		func() any { return new(Exact) },
		func(b []byte, v any) (err error) { *v.(*Exact), err = DecodeExact(b); return err },
		func(v any) ([]byte, error) { return AppendExact(nil, v.(*Exact)), nil },
	},
	"cursor-shape": {
		func() any { return new(CursorShape) },
		func(b []byte, v any) error {
			got, err := DecodeCursor(b)
			if err == nil {
				*v.(*CursorShape) = *got.(*CursorShape)
			}
			return err
		},
		func(v any) ([]byte, error) { return AppendCursorShape(nil, v.(*CursorShape)), nil },
	},
	"cursor-position": {
		func() any { return new(CursorPosition) },
		func(b []byte, v any) error {
			got, err := DecodeCursor(b)
			if err == nil {
				*v.(*CursorPosition) = got.(CursorPosition)
			}
			return err
		},
		func(v any) ([]byte, error) { return AppendCursorPosition(nil, *v.(*CursorPosition)), nil },
	},
	"clipboard": {
		func() any { return new(Clipboard) },
		func(b []byte, v any) error {
			c, err := DecodeClipboard(b)
			if err == nil {
				*v.(*Clipboard) = *c
			}
			return err
		},
		func(v any) ([]byte, error) { return AppendClipboard(nil, v.(*Clipboard)) },
	},
	"control": {
		func() any { return new(Control) },
		func(b []byte, v any) error {
			c, err := DecodeControl(b)
			if err == nil {
				*v.(*Control) = *c
			}
			return err
		},
		func(v any) ([]byte, error) { return EncodeControl(v.(*Control)) },
	},
}

// TestVectors holds both codecs, here and in the browser, to one file.
func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		c, known := codecs[v.Kind]
		if !known {
			t.Fatalf("unknown kind %q", v.Kind)
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		want, got := c.value(), c.value()
		if err := json.Unmarshal(v.Value, want); err != nil {
			t.Fatalf("%s: %v", v.Hex, err)
		}
		if err := c.decode(b, got); err != nil {
			t.Fatalf("%s %s: %v", v.Kind, v.Hex, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s:\n got %+v\nwant %+v", v.Kind, v.Hex, got, want)
		}
		back, err := c.encode(want)
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("%s: encoded %x (%v), want %x", v.Kind, back, err, b)
		}
		// Every prefix of a binary message is a truncated message.
		if v.Kind == "control" || v.Kind == "cursor-shape" || v.Kind == "clipboard" {
			continue
		}
		for n := range len(b) {
			if err := c.decode(b[:n], c.value()); err == nil {
				t.Errorf("%s: %d of %d bytes were accepted", v.Kind, n, len(b))
			}
		}
	}
}

func TestInputRefuses(t *testing.T) {
	good := Input{Generation: 1, First: 1, Events: []Event{{Kind: Move}}}
	for name, c := range map[string]struct {
		change func(*Input)
		want   error
	}{
		"no events":        {func(in *Input) { in.Events = nil }, ErrValue},
		"too many events":  {func(in *Input) { in.Events = make([]Event, MaxEvents+1) }, ErrValue},
		"button 0":         {func(in *Input) { in.Events[0] = Event{Kind: ButtonDown} }, ErrValue},
		"button 10":        {func(in *Input) { in.Events[0] = Event{Kind: ButtonUp, Button: 10} }, ErrValue},
		"keysym 0":         {func(in *Input) { in.Events[0] = Event{Kind: KeyDown} }, ErrValue},
		"off the display":  {func(in *Input) { in.Events[0].X = MaxCoordinate + 1 }, ErrValue},
		"unknown kind":     {func(in *Input) { in.Events[0].Kind = 99 }, ErrValue},
		"a resize to none": {func(in *Input) { in.Events[0] = Event{Kind: Resize, Scale: 100} }, ErrValue},
		"a scale of 9":     {func(in *Input) { in.Events[0] = Event{Kind: Resize, Width: 1, Height: 1, Scale: 900} }, ErrValue},
	} {
		in := good
		in.Events = []Event{good.Events[0]}
		c.change(&in)
		if _, err := AppendInput(nil, &in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	raw, _ := AppendInput(nil, &good)
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   error
	}{
		"version":       {func(b []byte) []byte { b[0] = 9; return b }, ErrVersion},
		"trailing":      {func(b []byte) []byte { return append(b, 0) }, ErrTrailing},
		"count":         {func(b []byte) []byte { b[1] = 2; return b }, ErrTruncated},
		"first 0":       {func(b []byte) []byte { b[9] = 0; return b }, ErrValue},
		"barrier ahead": {func(b []byte) []byte { b[13] = 7; return b }, ErrValue},
		"first wraps":   {func(b []byte) []byte { copy(b[6:], "\xff\xff\xff\xff"); return b }, ErrValue},
	} {
		if err := DecodeInput(c.change(bytes.Clone(raw)), new(Input)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestControlRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"not JSON": "{", "no type": "{}", "an array": "[]", "too large": `{"type":"` + strings.Repeat("x", MaxControlBytes) + `"}`,
		"too many latencies": `{"type":"report","photon_ms":[` + strings.Repeat("1,", MaxReport) + `1]}`,
	} {
		if c, err := DecodeControl([]byte(raw)); err == nil {
			t.Errorf("%s: accepted as %+v", name, c)
		}
	}
}

// seed gives a fuzz target the bytes of every vector of a kind.
func seed(f *testing.F, kinds ...string) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		f.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil {
		f.Fatal(err)
	}
	for _, v := range vectors {
		for _, k := range kinds {
			if b, err := hex.DecodeString(v.Hex); err == nil && v.Kind == k {
				f.Add(b)
			}
		}
	}
}

func FuzzDecodeInput(f *testing.F) {
	seed(f, "input")
	f.Fuzz(func(t *testing.T, b []byte) {
		var in Input
		if DecodeInput(b, &in) != nil {
			return
		}
		back, err := AppendInput(nil, &in)
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("%x decodes to %+v and encodes to %x (%v)", b, in, back, err)
		}
	})
}

func FuzzDecodeFrameTag(f *testing.F) {
	seed(f, "frame")
	f.Fuzz(func(t *testing.T, b []byte) {
		tag, err := DecodeFrameTag(b)
		if err == nil && !bytes.Equal(AppendFrameTag(nil, &tag), b) {
			t.Fatalf("%x decodes to %+v and encodes differently", b, tag)
		}
	})
}

func FuzzDecodeExact(f *testing.F) {
	seed(f, "exact")
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeExact(b)
		if err == nil && !bytes.Equal(AppendExact(nil, &e), b) {
			t.Fatalf("%x decodes to %+v and encodes differently", b, e)
		}
	})
}

func FuzzDecodeCursor(f *testing.F) {
	seed(f, "cursor-shape", "cursor-position")
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodeCursor(b)
		if err != nil {
			return
		}
		var back []byte
		switch v := v.(type) {
		case *CursorShape:
			back = AppendCursorShape(nil, v)
		case CursorPosition:
			back = AppendCursorPosition(nil, v)
		}
		if !bytes.Equal(back, b) {
			t.Fatalf("%x decodes to %+v and encodes to %x", b, v, back)
		}
	})
}

func FuzzDecodeClipboard(f *testing.F) {
	seed(f, "clipboard")
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeClipboard(b)
		if err != nil {
			return
		}
		back, err := AppendClipboard(nil, c)
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("%x decodes to %+v and encodes to %x (%v)", b, c, back, err)
		}
	})
}

func TestClipboardRefuses(t *testing.T) {
	for name, c := range map[string]Clipboard{
		"no format":               {Kind: ClipboardOffer},
		"a format twice":          {Kind: ClipboardOffer, Formats: []Offered{{FormatPNG, 1}, {FormatPNG, 2}}},
		"an unknown format":       {Kind: ClipboardWant, Format: 9},
		"no data":                 {Kind: ClipboardChunk, Format: FormatPNG, Total: 5},
		"data beyond the total":   {Kind: ClipboardChunk, Format: FormatPNG, Total: 5, Offset: 4, Data: []byte{1, 2}},
		"an offset that wraps":    {Kind: ClipboardChunk, Format: FormatPNG, Total: 5, Offset: 1<<32 - 1, Data: []byte{1}},
		"a total beyond the most": {Kind: ClipboardChunk, Format: FormatPNG, Total: MaxClipboard + 1, Data: []byte{1}},
		"too large a piece":       {Kind: ClipboardChunk, Format: FormatPNG, Total: MaxClipboard, Data: make([]byte, MaxClipboardChunk+1)},
		"no reason":               {Kind: ClipboardDecline},
		"a novel for a reason":    {Kind: ClipboardWithhold, Reason: 1, Text: strings.Repeat("x", maxReason+1)},
		"a kind of its own":       {Kind: 99},
	} {
		if _, err := AppendClipboard(nil, &c); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeControl(f *testing.F) {
	seed(f, "control")
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeControl(b)
		if err != nil {
			return
		}
		if _, err := EncodeControl(c); err != nil {
			t.Fatalf("%s decodes to %+v, which does not encode: %v", b, c, err)
		}
	})
}

func BenchmarkDecodeInput(b *testing.B) {
	in := Input{Generation: 1, First: 1}
	for i := range 16 {
		in.Events = append(in.Events, Event{Kind: Move, X: uint16(i), Y: 7})
	}
	raw, err := AppendInput(nil, &in)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := DecodeInput(raw, &in); err != nil {
			b.Fatal(err)
		}
	}
}
