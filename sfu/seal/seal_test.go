package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

func master() Master {
	return Master{Key: []byte("sixteen byte key"), Salt: []byte("twelve bytes")}
}

// pion opens what is sealed, through two roll-overs, late packets included.
func TestPionOpensIt(t *testing.T) {
	m := master()
	s, err := New(m, srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	other, err := srtp.CreateContext(m.Key, m.Salt, srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	for _, ssrc := range []uint32{7, 0xfffffff0} {
		for index := uint64(30_000); index < 3<<16; index += 999 {
			for _, i := range []uint64{index, index - 400} { // the second is late
				h := rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc, SequenceNumber: uint16(i), Timestamp: uint32(i)}
				if err := h.SetExtension(3, []byte{1, 2, 3}); err != nil {
					t.Fatal(err)
				}
				payload := bytes.Repeat([]byte{byte(i)}, int(i%1200)+1)
				packet := make([]byte, h.MarshalSize()+len(payload)+Overhead)
				n, err := h.MarshalTo(packet)
				if err != nil {
					t.Fatal(err)
				}
				s.Seal(packet, n, ssrc, i, payload)
				plain, err := other.DecryptRTP(nil, packet, nil)
				if err != nil {
					t.Fatalf("stream %d, index %d: %v", ssrc, i, err)
				}
				if !bytes.Equal(plain[n:], payload) {
					t.Fatalf("index %d came out changed", i)
				}
			}
		}
	}
}

func TestOnlyGCM128IsSealed(t *testing.T) {
	if _, err := New(master(), srtp.ProtectionProfileAes128CmHmacSha1_80); !errors.Is(err, ErrProfile) {
		t.Error(err)
	}
	if _, err := New(Master{Key: []byte("short")}, srtp.ProtectionProfileAeadAes128Gcm); err == nil {
		t.Error("a key of 5 bytes")
	}
}

func TestNothingIsKnownBeforeTheHandshake(t *testing.T) {
	var k Keys
	for _, line := range []string{"", "CLIENT_RANDOM", "CLIENT_RANDOM zz yy", "EXPORTER_SECRET aa bb", "CLIENT_RANDOM aa bb"} {
		if n, err := k.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
		if _, _, _, ok := k.SRTP(); ok {
			t.Fatalf("keys of %q", line)
		}
	}
}

// The test vector is one that implementers of TLS 1.2 pass around for P_SHA256
// with the label "test label".
func TestExpand(t *testing.T) {
	secret, _ := hex.DecodeString("9bbe436ba940f017b17652849a71db35")
	seed, _ := hex.DecodeString("a0ba9f936cda311827a6f796ffd5198c")
	want := "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
	got := expand(sha256.New, secret, append([]byte("test label"), seed...), 32)
	if hex.EncodeToString(got) != want {
		t.Errorf("%x", got)
	}
}

func BenchmarkSeal(b *testing.B) {
	s, err := New(master(), srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		b.Fatal(err)
	}
	payload, packet := make([]byte, 1180), make([]byte, 20+1180+Overhead)
	b.ReportAllocs()
	b.SetBytes(1180)
	index := uint64(0)
	for b.Loop() {
		index++
		s.Seal(packet, 20, 1, index, payload)
	}
}
