package packetize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"

	"github.com/easel-live/easel/capture/codec"
)

var all = []codec.Codec{codec.VP8, codec.VP9, codec.VP9Full, codec.AV1, codec.AV1Full, codec.H264}

// picture is a frame of about size bytes as an encoder makes it, and what a
// decoder is given of it.
func picture(c codec.Codec, size int, key bool) (frame, decoded []byte) {
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(i*7) | 1 // no start codes
	}
	obu := func(kind byte, body []byte) []byte {
		b := append([]byte{kind<<3 | 2}, make([]byte, lengthBytes(len(body)))...)
		putLength(b[1:], len(body))
		return append(b, body...)
	}
	switch c {
	case codec.VP9, codec.VP9Full:
		body[0] = 0x86
		if key {
			body[0] = 0x82
		}
		return body, body
	case codec.AV1, codec.AV1Full:
		if key {
			decoded = obu(obuSequence, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		}
		decoded = append(decoded, obu(6, body)...)
		return append(obu(obuDelimiter, nil), decoded...), decoded
	case codec.H264:
		slice := append([]byte{0x61}, body...)
		if key {
			slice[0] = 0x65
			decoded = append(decoded, 0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0x38)
		}
		decoded = append(append(decoded, 0, 0, 0, 1), slice...)
		return append([]byte{0, 0, 0, 1, 9, 0xf0}, decoded...), decoded
	default:
		return body, body
	}
}

// depacketizer puts a frame together as pion does.
func depacketizer(c codec.Codec) rtp.Depacketizer {
	switch c {
	case codec.VP9, codec.VP9Full:
		return &codecs.VP9Packet{}
	case codec.AV1, codec.AV1Full:
		return &codecs.AV1Depacketizer{}
	case codec.H264:
		return &codecs.H264Packet{}
	default:
		return &codecs.VP8Packet{}
	}
}

// pion's own depacketizers get every frame back, whole and in order, from
// packets of one size.
func TestRoundTrip(t *testing.T) {
	for _, c := range all {
		t.Run(c.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				seq := rapid.Uint16().Draw(t, "seq")
				p, d := New(c, seq, 7), depacketizer(c)
				for range rapid.IntRange(1, 3).Draw(t, "frames") {
					key := rapid.Bool().Draw(t, "key")
					frame, want := picture(c, rapid.IntRange(1, 20_000).Draw(t, "size"), key)
					original := bytes.Clone(frame)
					var got []byte
					var sizes []int
					isEnded := false
					err := p.Packets(frame, 9000, func(p *rtp.Packet) error {
						if isEnded || p.SequenceNumber != seq || p.Timestamp != 9000 || p.Version != 2 || len(p.Payload) > MaxPayload {
							t.Fatalf("header %+v, %d bytes, want sequence %d", p.Header, len(p.Payload), seq)
						}
						chunk, err := d.Unmarshal(p.Payload)
						if err != nil {
							return err
						}
						got = append(got, chunk...)
						sizes, isEnded = append(sizes, len(p.Payload)), p.Marker
						seq++
						return nil
					})
					if err != nil || !isEnded || !bytes.Equal(got, want) || !bytes.Equal(frame, original) {
						t.Fatalf("%v: %d of %d bytes in %d packets", err, len(got), len(want), len(sizes))
					}
					if c == codec.H264 && key {
						sizes = sizes[1:] // the parameter sets' own
					}
					for i, size := range sizes {
						if i > 0 && (size > sizes[0] || size < sizes[0] && i < len(sizes)-1) {
							t.Fatalf("sizes %v", sizes)
						}
					}
				}
			})
		})
	}
}

func TestVP8CountsPictures(t *testing.T) {
	p := New(codec.VP8, 0, maxPicture)
	for _, want := range []uint16{maxPicture, 0} {
		first := true
		err := p.Packets(make([]byte, 3000), 0, func(p *rtp.Packet) error {
			var d codecs.VP8Packet
			if _, err := d.Unmarshal(p.Payload); err != nil {
				return err
			}
			if d.PictureID != want || d.I != 1 || (d.S == 1) != first || d.PID != 0 {
				t.Errorf("descriptor %+v, want picture %d", d, want)
			}
			first = false
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestVP9SaysWhatBeginsAndEnds(t *testing.T) {
	for _, key := range []bool{true, false} {
		frame, _ := picture(codec.VP9, 2000, key)
		var headers []byte
		if err := New(codec.VP9, 0, 0).Packets(frame, 0, func(p *rtp.Packet) error {
			headers = append(headers, p.Payload[0])
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want := []byte{vp9Inter | vp9Start, vp9Inter | vp9End}
		if key {
			want = []byte{vp9Start, vp9End}
		}
		if !bytes.Equal(headers, want) {
			t.Errorf("key %v: % x, want % x", key, headers, want)
		}
	}
	for b, want := range map[byte]bool{0x82: true, 0x86: false, 0xa2: true, 0xa6: false, 0xb1: true, 0xb3: false, 0x88: false} {
		if key, ok := vp9Key(b); !ok || key != want {
			t.Errorf("%02x: key %v, %v", b, key, ok)
		}
	}
}

func TestAV1Aggregates(t *testing.T) {
	small := func(kind byte, n int) []byte {
		return append([]byte{kind<<3 | 2, byte(n)}, make([]byte, n)...)
	}
	frame := bytes.Join([][]byte{
		small(obuDelimiter, 0), small(obuSequence, 4), small(5, 2), small(3, 3), small(4, 3), small(obuPadding, 9),
	}, nil)
	var got [][]byte
	if err := New(codec.AV1, 0, 0).Packets(frame, 0, func(p *rtp.Packet) error {
		got = append(got, bytes.Clone(p.Payload))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := [][]byte{
		{0x38, 5, 1 << 3, 0, 0, 0, 0, 3, 5 << 3, 0, 0, 3 << 3, 0, 0, 0},
		{0x10, 4 << 3, 0, 0, 0},
	}
	if len(got) != 2 || !bytes.Equal(got[0], want[0]) || !bytes.Equal(got[1], want[1]) {
		t.Errorf("% x, want % x", got, want)
	}
}

func TestH264SendsParameterSetsTogether(t *testing.T) {
	frame, _ := picture(codec.H264, 3000, true)
	var got [][]byte
	if err := New(codec.H264, 0, 0).Packets(frame, 0, func(p *rtp.Packet) error {
		got = append(got, bytes.Clone(p.Payload))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 3, 0x68, 0xce, 0x38}; len(got) != 4 || !bytes.Equal(got[0], want) {
		t.Fatalf("% x", got)
	}
	for i, want := range []uint16{0x7c85, 0x7c05, 0x7c45} {
		if head := binary.BigEndian.Uint16(got[i+1]); head != want {
			t.Errorf("piece %d begins %04x, want %04x", i, head, want)
		}
	}
}

func TestBadFrames(t *testing.T) {
	for _, c := range []struct {
		codec codec.Codec
		frame []byte
	}{
		{codec.VP9, []byte{0x40}},
		{codec.AV1, []byte{0x32, 5, 0}},
		{codec.AV1, []byte{0x32, 0x80, 0x80}},
		{codec.AV1, []byte{0x34}},
		{codec.AV1, []byte{0xb2, 0}},
		{codec.H264, []byte{0x65, 1, 2}},
		{codec.H264, []byte{7, 0, 0, 1, 0x65}},
	} {
		err := New(c.codec, 0, 0).Packets(c.frame, 0, func(*rtp.Packet) error { return nil })
		if !errors.Is(err, ErrFrame) {
			t.Errorf("%v % x: %v", c.codec, c.frame, err)
		}
	}
}

func TestErrorEndsFrame(t *testing.T) {
	for _, c := range all {
		p, stop, sent := New(c, 0, 0), errors.New("stop"), 0
		frame, _ := picture(c, 5000, true)
		err := p.Packets(frame, 0, func(*rtp.Packet) error { sent++; return stop })
		if !errors.Is(err, stop) || sent != 1 {
			t.Errorf("%v: %v after %d", c, err, sent)
		}
		if err := p.Packets(nil, 0, func(*rtp.Packet) error { t.Fatal("packet of nothing"); return nil }); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestAllocations(t *testing.T) {
	for _, c := range all {
		p := New(c, 0, 0)
		frame, _ := picture(c, 30_000, true)
		send := func(*rtp.Packet) error { return nil }
		if n := testing.AllocsPerRun(100, func() { _ = p.Packets(frame, 0, send) }); n != 0 {
			t.Errorf("%v: %v allocations per frame", c, n)
		}
	}
}

func FuzzPackets(f *testing.F) {
	for _, c := range all {
		frame, _ := picture(c, 3000, true)
		f.Add(uint8(c), frame)
	}
	f.Fuzz(func(t *testing.T, c uint8, frame []byte) {
		sent := 0
		err := New(codec.Codec(c), 0, 0).Packets(frame, 0, func(p *rtp.Packet) error {
			if len(p.Payload) == 0 || len(p.Payload) > MaxPayload {
				t.Fatalf("a payload of %d bytes", len(p.Payload))
			}
			sent += len(p.Payload)
			return nil
		})
		if err == nil && sent > 2*len(frame)+MaxPayload {
			t.Fatalf("%d bytes became %d", len(frame), sent)
		}
	})
}

func BenchmarkPackets(b *testing.B) {
	for _, c := range all {
		b.Run(c.String(), func(b *testing.B) {
			p := New(c, 0, 0)
			frame, _ := picture(c, 30_000, true)
			send := func(*rtp.Packet) error { return nil }
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				_ = p.Packets(frame, 0, send)
			}
		})
	}
}
