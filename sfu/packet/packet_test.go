package packet

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

func TestParseRTPAgreesWithPion(t *testing.T) {
	p := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 65534,
			Timestamp: 0xfffffff0, SSRC: 0xdeadbeef, CSRC: []uint32{1, 2},
		},
		Payload:     []byte{1, 2, 3, 4, 5},
		PaddingSize: 4,
	}
	p.Padding = true
	p.PaddingSize = 4
	if err := p.SetExtension(3, []byte{9, 9, 9}); err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRTP(b)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Marker || got.PayloadType != 96 || got.Sequence != 65534 ||
		got.Timestamp != 0xfffffff0 || got.SSRC != 0xdeadbeef || !bytes.Equal(got.Payload, p.Payload) {
		t.Fatalf("got %+v", got)
	}
}

func TestVP8PatchKeepsEverythingElse(t *testing.T) {
	// X, S; I L T K; 15-bit picture ID 0x7fff; TL0 255; TID 1, Y, KeyIdx 31.
	payload := []byte{0x90, 0xf0, 0xff, 0xff, 255, 0x60 | 31, 0x00, 0xaa}
	d, ok := ParseVP8(payload)
	if !ok || !d.Start || !d.Key || d.Size != 6 || d.PictureID != 0x7fff || d.TL0PicIdx != 255 || d.KeyIdx != 31 {
		t.Fatalf("parsed %+v, %v", d, ok)
	}
	out := bytes.Clone(payload)
	d.Patch(out, Shift{PictureID: 2, TL0PicIdx: 3, KeyIdx: 4})
	want := []byte{0x90, 0xf0, 0x80, 0x01, 2, 0x60 | 3, 0x00, 0xaa}
	if !bytes.Equal(out, want) {
		t.Fatalf("patched % x, want % x", out, want)
	}
}

func TestVP8ShortPictureID(t *testing.T) {
	payload := []byte{0x90, 0x80, 0x7f, 0x01}
	d, ok := ParseVP8(payload)
	if !ok || d.Key || !d.Start || !d.HasPictureID() || d.PictureID != 127 {
		t.Fatalf("parsed %+v, %v", d, ok)
	}
	d.Patch(payload, Shift{PictureID: 1})
	if payload[2] != 0 {
		t.Fatalf("a 7-bit picture ID does not wrap: %d", payload[2])
	}
}

func TestStartsKeyframe(t *testing.T) {
	for _, c := range []struct {
		name    string
		codec   Codec
		payload []byte
		want    bool
	}{
		{"vp8 key", CodecVP8, []byte{0x10, 0x00}, true},
		{"vp8 delta", CodecVP8, []byte{0x10, 0x01}, false},
		{"vp8 second partition", CodecVP8, []byte{0x11, 0x00}, false},
		{"vp8 continuation", CodecVP8, []byte{0x00, 0x00}, false},
		{"vp9 key", CodecVP9, []byte{0x08, 0x00}, true},
		{"vp9 key with picture id", CodecVP9, []byte{0x88, 0x80, 0x01, 0x00}, true},
		{"vp9 inter", CodecVP9, []byte{0x48, 0x00}, false},
		{"vp9 not the beginning", CodecVP9, []byte{0x00, 0x00}, false},
		{"vp9 upper spatial layer", CodecVP9, []byte{0x28, 0x02}, false},
		{"h264 idr", CodecH264, []byte{0x65, 0x00}, true},
		{"h264 sps", CodecH264, []byte{0x67, 0x00}, true},
		{"h264 slice", CodecH264, []byte{0x61, 0x00}, false},
		{"h264 stap-a", CodecH264, []byte{24, 0, 1, 9, 0, 1, 0x67}, true},
		{"h264 stap-a cut", CodecH264, []byte{24, 0, 9, 9}, false},
		{"h264 fu-a start", CodecH264, []byte{28, 0x85}, true},
		{"h264 fu-a middle", CodecH264, []byte{28, 0x05}, false},
		{"av1 new sequence", CodecAV1, []byte{0x18, 0x0a}, true},
		{"av1 delta", CodecAV1, []byte{0x10, 0x32}, false},
		{"av1 sequence header without N", CodecAV1, []byte{0x20, 11, 0x08, 0}, true},
		{"av1 sequence header alone", CodecAV1, []byte{0x10, 0x08}, true},
		{"av1 long length, cut", CodecAV1, []byte{0x20, 0x80, 0x80}, false},
		{"av1 continuation", CodecAV1, []byte{0x98, 0x08}, false},
		{"audio", Other, []byte{1}, true},
		{"nothing", CodecVP8, nil, false},
	} {
		if got := StartsKeyframe(c.codec, c.payload); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func FuzzParseRTP(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 4})
	f.Add([]byte{0xb1, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 7, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseRTP(b)
		if err == nil && len(p.Payload) > len(b)-12 {
			t.Fatal("payload larger than the packet")
		}
	})
}

func FuzzVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0xff, 0xff, 255, 0x7f, 0x00}, uint16(1), uint8(1), uint8(1))
	f.Add([]byte{0x90, 0x80, 0x7f, 0x01}, uint16(200), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, id uint16, tl0, key uint8) {
		d, ok := ParseVP8(b)
		if !ok {
			return
		}
		out := bytes.Clone(b)
		d.Patch(out, Shift{id, tl0, key})
		again, ok := ParseVP8(out)
		if !ok || again.Size != d.Size || again.Start != d.Start || again.Key != d.Key {
			t.Fatalf("% x became % x", b, out)
		}
		if !bytes.Equal(out[d.Size:], b[d.Size:]) {
			t.Fatal("the payload changed")
		}
	})
}

func FuzzStartsKeyframe(f *testing.F) {
	f.Add(uint8(CodecVP9), []byte{0xa8, 0x80, 0x01, 0x00})
	f.Add(uint8(CodecH264), []byte{24, 0, 1, 9, 0, 1, 0x67})
	f.Add(uint8(CodecAV1), []byte{0x18, 0x0a})
	f.Add(uint8(CodecAV1), []byte{0x00, 0x0b, 0x08, 0x00})
	f.Fuzz(func(_ *testing.T, c uint8, b []byte) { StartsKeyframe(Codec(c), b) })
}
