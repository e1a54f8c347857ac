package ring

import (
	"testing"
	"time"

	"github.com/easel-live/easel/sfu/packet"
)

var (
	keyPayload   = []byte{0x10, 0x00, 1}
	deltaPayload = []byte{0x10, 0x01, 2}
)

func put(t *testing.T, r *Ring, seq uint16, ts uint32, payload []byte) (Arrived, bool) {
	t.Helper()
	return r.Put(&packet.RTP{Sequence: seq, Timestamp: ts, Payload: payload}, packet.CodecVP8, time.Unix(0, 0))
}

func TestIndicesGrowAcrossTheWrap(t *testing.T) {
	r := New(16)
	a, _ := put(t, r, 65535, 1, keyPayload)
	b, _ := put(t, r, 0, 2, deltaPayload)
	if b.Index != a.Index+1 {
		t.Fatalf("65535 is %d, 0 is %d", a.Index, b.Index)
	}
	late, ok := put(t, r, 65534, 0, deltaPayload)
	if !ok || !late.Late || late.Index != a.Index-1 {
		t.Fatalf("late packet: %+v, %v", late, ok)
	}
}

func TestRepetitionAndTooOldAreRefused(t *testing.T) {
	r := New(8)
	for i := range uint16(20) {
		put(t, r, 100+i, uint32(i), deltaPayload)
	}
	if _, ok := put(t, r, 119, 19, deltaPayload); ok {
		t.Error("a repetition was taken")
	}
	if _, ok := put(t, r, 105, 5, deltaPayload); ok {
		t.Error("a packet from before the ring was taken")
	}
}

func TestCompleteNeedsEveryPacketSinceTheKeyframe(t *testing.T) {
	r := New(16)
	put(t, r, 1, 10, keyPayload)
	put(t, r, 2, 10, []byte{0x00, 0x01})
	put(t, r, 4, 20, deltaPayload)
	if r.Complete(10) != nil {
		t.Fatal("a gap was overlooked")
	}
	if r.Missing() != 1 {
		t.Fatalf("%d missing", r.Missing())
	}
	if a, ok := put(t, r, 3, 10, []byte{0x00, 0x01}); !ok || !a.Late {
		t.Fatal("the late packet was not taken")
	}
	key := r.Complete(10)
	if key == nil || uint16(key.Index) != 1 || r.Missing() != 0 {
		t.Fatalf("complete: %+v, %d missing", key, r.Missing())
	}
	if r.Complete(1) != nil {
		t.Fatal("two frames passed for one")
	}
	for i := range uint16(16) {
		put(t, r, 5+i, 30+uint32(i), deltaPayload)
	}
	if r.Complete(100) != nil || r.Key() != nil {
		t.Fatal("the keyframe was overwritten and still found")
	}
}

func TestParameterSetsInAnEarlierPacketStayTheStart(t *testing.T) {
	r := New(16)
	h264 := func(seq uint16, ts uint32, b ...byte) {
		r.Put(&packet.RTP{Sequence: seq, Timestamp: ts, Payload: b}, packet.CodecH264, time.Unix(0, 0))
	}
	h264(1, 10, 0x67, 0)
	h264(2, 10, 0x68, 0)
	h264(3, 10, 0x65, 0)
	if key := r.Key(); key == nil || uint16(key.Index) != 1 {
		t.Fatalf("key %+v", key)
	}
}
