package packetize

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"
)

// pion's own depacketizer gets every frame back, whole and in order.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq, pic := rapid.Uint16().Draw(t, "seq"), rapid.Uint16().Draw(t, "picture")
		v := New(seq, pic)
		for range rapid.IntRange(1, 3).Draw(t, "frames") {
			frame := make([]byte, rapid.IntRange(1, 20_000).Draw(t, "size"))
			for i := range frame {
				frame[i] = byte(i * 7)
			}
			var got []byte
			count, size := 0, 0
			err := v.Packets(frame, 9000, func(p *rtp.Packet) error {
				var d codecs.VP8Packet
				chunk, err := d.Unmarshal(p.Payload)
				if err != nil {
					return err
				}
				if p.SequenceNumber != seq || p.Timestamp != 9000 || p.Version != 2 {
					t.Fatalf("header %+v, want sequence %d", p.Header, seq)
				}
				if d.PictureID != pic&maxPicture || d.I != 1 || (d.S == 1) != (count == 0) || d.PID != 0 {
					t.Fatalf("descriptor %+v, want picture %d", d, pic)
				}
				got = append(got, chunk...)
				if len(p.Payload) > MaxPayload || p.Marker != (len(got) == len(frame)) {
					t.Fatalf("%d bytes, marker %v", len(p.Payload), p.Marker)
				}
				if count > 0 && (len(p.Payload) > size || len(p.Payload) < size && !p.Marker) {
					t.Fatalf("packet %d has %d bytes, the first %d", count, len(p.Payload), size)
				}
				if count == 0 {
					size = len(p.Payload)
				}
				count++
				seq++
				return nil
			})
			if err != nil || !bytes.Equal(got, frame) || count != Count(len(frame)) {
				t.Fatalf("%v: %d of %d bytes in %d packets", err, len(got), len(frame), count)
			}
			pic++
		}
	})
}

func TestErrorEndsFrame(t *testing.T) {
	v, stop, sent := New(0, 0), errors.New("stop"), 0
	err := v.Packets(make([]byte, 5000), 0, func(*rtp.Packet) error { sent++; return stop })
	if !errors.Is(err, stop) || sent != 1 {
		t.Fatalf("%v after %d", err, sent)
	}
	if err := v.Packets(nil, 0, func(*rtp.Packet) error { t.Fatal("packet of nothing"); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestAllocations(t *testing.T) {
	v, frame := New(0, 0), make([]byte, 30_000)
	send := func(*rtp.Packet) error { return nil }
	if n := testing.AllocsPerRun(100, func() { _ = v.Packets(frame, 0, send) }); n != 0 {
		t.Fatalf("%v allocations per frame", n)
	}
}

func BenchmarkPackets(b *testing.B) {
	v, frame := New(0, 0), make([]byte, 30_000)
	send := func(*rtp.Packet) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Packets(frame, 0, send)
	}
}
