package packet

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

func extended(t testing.TB, long bool) []byte {
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1, SSRC: 7, CSRC: []uint32{9}}, Payload: []byte{1, 2, 3}}
	ids, profile := map[uint8][]byte{1: {0, 0, 0}, 3: {0xab}, 5: {1, 13, 0, 0x20}}, uint16(oneByte)
	if long {
		ids[30], profile = bytes.Repeat([]byte{7}, 20), twoByte
	}
	for id, value := range ids {
		if err := p.SetExtensionWithProfile(id, value, profile); err != nil {
			t.Fatal(err)
		}
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExtension(t *testing.T) {
	for _, long := range []bool{false, true} {
		b := extended(t, long)
		if got, ok := Extension(b, 5); !ok || !bytes.Equal(got, []byte{1, 13, 0, 0x20}) {
			t.Errorf("long %v: % x, %v", long, got, ok)
		}
		if got, ok := Extension(b, 9); ok {
			t.Errorf("long %v: found % x", long, got)
		}
		for n := range b {
			Extension(b[:n], 5) // cut short anywhere
		}
	}
	if _, ok := Extension([]byte{0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 4}, 5); ok {
		t.Error("found one in a packet without any")
	}
}

func FuzzExtension(f *testing.F) {
	f.Add(extended(f, false), uint8(5))
	f.Add(extended(f, true), uint8(5))
	f.Fuzz(func(t *testing.T, b []byte, id uint8) {
		if value, ok := Extension(b, id); ok && len(value) > len(b)-16 {
			t.Fatal("larger than the packet")
		}
	})
}
