package rfb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// script is one of each message of a dialect, with its kind.
func script(d Dialect) (all []byte, kinds []Kind, sizes []int) {
	add := func(k Kind, m []byte) {
		all, kinds, sizes = append(all, m...), append(kinds, k), append(sizes, len(m))
	}
	fixed := func(k Kind, kind byte, n int) {
		add(k, append([]byte{kind}, bytes.Repeat([]byte{0xee}, n-1)...))
	}
	u32 := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	fixed(Look, setPixelFormat, 20)
	add(Look, append([]byte{setEncodings, 0, 0, 2}, "\x00\x00\x00\x07\xff\xff\xff\x11"...))
	add(Look, []byte{setEncodings, 0, 0, 0})
	fixed(Look, updateRequest, 10)
	add(Key, []byte{keyEvent, 1, 0, 0, 0, 0, 0, 'a'})
	add(Pointer, d.AppendPointer(nil, Pointing{Buttons: 1, X: 300, Y: 200, ScrollY: -3}))
	add(Clipboard, append([]byte{clientCutText, 0, 0, 0, 0, 0, 0, 5}, "brush"...))
	add(Clipboard, append(append([]byte{clientCutText, 0, 0, 0}, u32(^uint32(7)+1)...), "extended"[:7]...))
	fixed(Look, continuousUpdates, 10)
	add(Look, append([]byte{fence, 0, 0, 0, 0, 0, 0, 1, 3}, "abc"...))
	add(Resize, append([]byte{setDesktopSize, 0, 5, 0, 3, 0, 1, 0}, make([]byte, 16)...))
	add(Key, append([]byte{qemu, 0, 0, 1}, "\x00\x00\x00a\x00\x00\x00\x1e"...))
	if d == Kasm {
		fixed(Look, requestStats, 4)
		fixed(Look, frameStats, 12)
		item := func(mime, data string) []byte {
			return append(append(append([]byte{byte(len(mime))}, mime...), u32(uint32(len(data)))...), data...)
		}
		add(Clipboard, slices.Concat([]byte{binaryClipboard, 2}, item("text/plain", "brush"), item("image/png", "")))
		add(Clipboard, []byte{binaryClipboard, 0})
		add(Never, append([]byte{upgradeToUDP, 0, 4}, "addr"...))
		add(Never, append([]byte{subscribeUnixRelay, 5}, "relay"...))
		add(Never, slices.Concat([]byte{unixRelay, 5}, []byte("relay"), u32(3), []byte("abc")))
		add(Look, append([]byte{videoEncoders, 2}, make([]byte, 8)...))
		fixed(Look, keepAlive, 1)
		fixed(Never, directMouse, 10)
		fixed(Look, latency, 8)
		fixed(Look, stats190, 4)
		fixed(Look, stats191, 4)
		fixed(Resize, maxVideoResolution, 5)
	}
	return all, kinds, sizes
}

// run feeds a stream in pieces of the given size and says what was judged.
func run(t testing.TB, d Dialect, all []byte, piece int, pass func(Kind) bool) (kinds []Kind, out []byte) {
	t.Helper()
	p := NewParser(d, func(k Kind, m []byte) bool {
		if len(m) == 0 {
			t.Fatal("judged nothing")
		}
		kinds = append(kinds, k)
		return pass(k)
	})
	var err error
	for chunk := range slices.Chunk(slices.Clone(all), piece) {
		if out, err = p.Feed(chunk, out); err != nil {
			t.Fatalf("in pieces of %d: %v", piece, err)
		}
	}
	return kinds, out
}

func TestEveryMessageIsToldApart(t *testing.T) {
	for _, d := range []Dialect{Plain, Kasm} {
		all, want, sizes := script(d)
		for _, piece := range []int{1, 2, 3, 7, 64, len(all)} {
			t.Run(fmt.Sprintf("%v/%d", d, piece), func(t *testing.T) {
				kinds, out := run(t, d, all, piece, func(Kind) bool { return true })
				if !slices.Equal(kinds, want) {
					t.Errorf("kinds %v, want %v", kinds, want)
				}
				var passed []byte
				rest := all
				for i, n := range sizes {
					if want[i] != Never {
						passed = append(passed, rest[:n]...)
					}
					rest = rest[n:]
				}
				if !bytes.Equal(out, passed) {
					t.Errorf("passed %x, want %x", out, passed)
				}
			})
		}
	}
}

func TestARefusedMessageLeavesNothing(t *testing.T) {
	for _, d := range []Dialect{Plain, Kasm} {
		all, kinds, sizes := script(d)
		var want []byte
		rest := all
		for i, n := range sizes {
			if kinds[i] == Look {
				want = append(want, rest[:n]...)
			}
			rest = rest[n:]
		}
		for _, piece := range []int{1, 5, len(all)} {
			if _, out := run(t, d, all, piece, func(k Kind) bool { return k == Look }); !bytes.Equal(out, want) {
				t.Errorf("%v in pieces of %d: %x, want %x", d, piece, out, want)
			}
		}
	}
}

func TestWhatCannotBeReadEndsTheStream(t *testing.T) {
	long := func(head []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(head, n) }
	for name, c := range map[string]struct {
		d    Dialect
		in   []byte
		want error
	}{
		"unknown type":                  {Plain, []byte{77}, ErrUnknown},
		"unknown type in KasmVNC":       {Kasm, []byte{77}, ErrUnknown},
		"KasmVNC's message in plain":    {Plain, []byte{binaryClipboard, 0}, ErrUnknown},
		"QEMU audio":                    {Plain, []byte{qemu, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, ErrUnknown},
		"too many encodings":            {Plain, []byte{setEncodings, 0, 1, 1}, ErrTooLarge},
		"too many screens":              {Plain, []byte{setDesktopSize, 0, 0, 0, 0, 0, 17, 0}, ErrTooLarge},
		"fence too long":                {Plain, []byte{fence, 0, 0, 0, 0, 0, 0, 0, 65}, ErrTooLarge},
		"text too long":                 {Plain, long([]byte{clientCutText, 0, 0, 0}, MaxText+1), ErrTooLarge},
		"extended clipboard too long":   {Plain, long([]byte{clientCutText, 0, 0, 0}, 0x80000000), ErrTooLarge},
		"binary clipboard too long":     {Kasm, long([]byte{binaryClipboard, 1, 0}, MaxClipboard+1), ErrTooLarge},
		"relay too long":                {Kasm, long([]byte{unixRelay, 0}, MaxClipboard+1), ErrTooLarge},
		"binary clipboard of many long": {Kasm, slices.Concat(long([]byte{binaryClipboard, 2, 0}, MaxClipboard), make([]byte, MaxClipboard), long([]byte{0}, 1)), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewParser(c.d, func(Kind, []byte) bool { return true })
			if _, err := p.Feed(c.in, nil); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

// TestExtendedMouseIsNotOffered: messages of a size that the X server and the
// parser could disagree on would smuggle input past the judge.
func TestExtendedMouseIsNotOffered(t *testing.T) {
	announced := []byte{setEncodings, 0, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc4, 0, 0, 0, 5}
	want := []byte{setEncodings, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 5}
	for _, piece := range []int{1, len(announced)} {
		if _, out := run(t, Plain, announced, piece, func(Kind) bool { return true }); !bytes.Equal(out, want) {
			t.Errorf("in pieces of %d: %x, want %x", piece, out, want)
		}
	}
}

func TestPointerAndKeysSurviveTheRoundTrip(t *testing.T) {
	for _, d := range []Dialect{Plain, Kasm} {
		want := Pointing{Buttons: 5, X: 1279, Y: 799}
		if d == Kasm {
			want.ScrollX, want.ScrollY, want.Buttons = -1, 120, 0x105
		}
		m := d.AppendPointer(nil, want)
		if got := d.ReadPointer(m); got != want {
			t.Errorf("%v: %+v, want %+v", d, got, want)
		}
		d.SetButtons(m, 0)
		if got := d.ReadPointer(m).Buttons; got != 0 {
			t.Errorf("%v: buttons %x after all were let go", d, got)
		}
	}
	for _, want := range []Pressing{{true, 'a', 0}, {false, 0xffe3, 0x1d}} {
		if got := ReadKey(AppendKey(nil, want)); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// FuzzParser feeds a stream whole and in pieces: what is judged and what passes
// must be the same, whatever the stream is, and nothing may panic or grow.
func FuzzParser(f *testing.F) {
	for _, d := range []Dialect{Plain, Kasm} {
		all, _, _ := script(d)
		f.Add(uint8(d), all, uint8(3))
		f.Add(uint8(d), all[:len(all)/2], uint8(1))
	}
	f.Add(uint8(Kasm), []byte{unixRelay, 255}, uint8(1))
	f.Add(uint8(Plain), []byte{clientCutText, 0, 0, 0, 0x80, 0, 0, 0}, uint8(2))
	f.Fuzz(func(t *testing.T, dialect uint8, stream []byte, piece uint8) {
		read := func(piece int) (judged [][]byte, out []byte, failed bool) {
			p := NewParser(Dialect(dialect%2), func(k Kind, m []byte) bool {
				judged = append(judged, slices.Clone(m))
				return k != Key
			})
			var err error
			for chunk := range slices.Chunk(slices.Clone(stream), piece) {
				if out, err = p.Feed(chunk, out); err != nil {
					break
				}
			}
			if cap(p.part) != largest {
				t.Errorf("the buffer grew to %d", cap(p.part))
			}
			return judged, out, err != nil
		}
		judged, out, failed := read(max(len(stream), 1))
		piecewise, pieces, also := read(int(piece)%32 + 1)
		if failed != also || !bytes.Equal(out, pieces) || !slices.EqualFunc(judged, piecewise, bytes.Equal) {
			t.Errorf("whole: %x, %v; in pieces: %x, %v", out, failed, pieces, also)
		}
		if len(out) > len(stream) {
			t.Errorf("%d bytes came out of %d", len(out), len(stream))
		}
	})
}

// BenchmarkHand is a stroke as it comes: one pointer message a piece.
func BenchmarkHand(b *testing.B) {
	for _, d := range []Dialect{Plain, Kasm} {
		b.Run(d.String(), func(b *testing.B) {
			p := NewParser(d, func(Kind, []byte) bool { return true })
			move := d.AppendPointer(nil, Pointing{Buttons: 1, X: 10, Y: 10})
			out := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				out, _ = p.Feed(move, out[:0])
			}
		})
	}
}

// BenchmarkPieces is the worst way to come: byte by byte.
func BenchmarkPieces(b *testing.B) {
	p := NewParser(Plain, func(Kind, []byte) bool { return true })
	all, _, _ := script(Plain)
	out := make([]byte, 0, 1024)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		out = out[:0]
		for i := range all {
			out, _ = p.Feed(all[i:i+1], out)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	p := NewParser(Plain, func(Kind, []byte) bool { return true })
	all, _, _ := script(Plain)
	out := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		for i := range all {
			out, _ = p.Feed(all[i:i+1], out[:0])
		}
		out, _ = p.Feed(all, out[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
