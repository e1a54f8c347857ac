package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/depend"
	"github.com/easel-live/easel/sfu/packet"
)

// layered is a VP8 payload of a temporal layer.
func layered(key bool, id uint16, tl0, temporal uint8, sync bool) []byte {
	b := vp8Payload(true, key, id, tl0, 1)
	b[5] |= temporal << 6
	b[1] |= 0x20
	if sync {
		b[5] |= 0x20
	}
	return b
}

// swings feeds n groups of four VP8 frames, T0 T2 T1 T2, from frame on.
func swings(l *layer, frame, n int) int {
	for range 4 * n {
		temporal := [...]uint8{0, 2, 1, 2}[frame%4]
		payload := layered(frame == 0, uint16(frame), uint8(frame/4), temporal, frame%4 == 1 || frame%4 == 2)
		l.receive(&packet.RTP{Sequence: uint16(frame), Timestamp: uint32(frame) * 3000, Marker: true, Payload: payload}, len(payload), time.Now())
		work(l, time.Now())
		frame++
	}
	return frame
}

func TestTemporalLayersAreLeftOutAndComeBack(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	d := downs[0]
	d.activate()
	var ends []int
	frame := 0
	for _, rung := range []uint8{anyRung, 1, 0, anyRung} {
		d.allow(rung)
		frame = swings(l, frame, 3)
		ends = append(ends, len(s.got))
	}
	if ends[0] != 12 || ends[1]-ends[0] != 6 || ends[2]-ends[1] != 3 || ends[3]-ends[2] < 10 {
		t.Fatalf("packets after each change: %v", ends)
	}
	for i, p := range s.got {
		vp8, _ := packet.ParseVP8(p.Payload)
		if p.SequenceNumber != uint16(i) || vp8.PictureID != uint16(i) {
			t.Fatalf("packet %d has number %d and picture %d", i, p.SequenceNumber, vp8.PictureID)
		}
		if i > 0 && int32(p.Timestamp-s.got[i-1].Timestamp) <= 0 {
			t.Fatalf("packet %d went back in time", i)
		}
	}
	if r := l.rungs.Load(); r.meters[0].bytes.Load()*4 != r.meters[2].bytes.Load() {
		t.Error("the lowest of three layers is not a quarter of the bytes of equal frames")
	}
}

func TestLeavingFramesOutAllocatesNothing(t *testing.T) {
	l, downs := stage(4, func(int) writer { return nowhere{} })
	for _, d := range downs {
		d.allow(1)
		d.activate()
	}
	frame := swings(l, 0, 2)
	payload := layered(false, 0, 0, 0, false)
	p := packet.RTP{Marker: true, Payload: payload}
	now := time.Now()
	if n := testing.AllocsPerRun(200, func() {
		for temporal := range uint8(3) {
			frame++
			payload[5] = temporal<<6 | 0x20
			p.Sequence, p.Timestamp = uint16(frame), uint32(frame)*3000
			l.receive(&p, 12, now)
			work(l, now)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestASpatialLayerEndsThePicture follows the lower of two spatial layers, then
// both from the next keyframe on.
func TestASpatialLayerEndsThePicture(t *testing.T) {
	var s sink
	l, downs := stage(1, func(int) writer { return &s })
	l.codec = packet.CodecVP9
	ladder := &depend.Ladder{
		Rungs:  []depend.Rung{{Width: 640, Height: 400}, {Spatial: 1, Width: 1280, Height: 800}},
		Within: []uint32{0b11, 0b10},
	}
	l.divide(ladder, 0b11)
	d := downs[0]
	d.allow(0)
	d.activate()
	if err := d.negotiateDescriptor(7); err != nil {
		t.Fatal(err)
	}
	seq := uint16(0)
	picture := func(ts uint32, key bool) {
		for spatial := range uint8(2) {
			steps := packet.Steps{In: 0b11 << spatial & 0b11, Base: 0b10, First: true, End: true, Spatial: spatial}
			payload := []byte{0x48, 1, 2, 3}
			if key && spatial == 0 {
				payload[0] = 0x08
			}
			if key {
				steps.Switch, steps.Base = 0b11, 0b11
			}
			descriptor := make([]byte, 3)
			if key {
				descriptor = make([]byte, 40)
			}
			p := packet.RTP{Sequence: seq, Timestamp: ts, Marker: spatial == 1, Payload: payload, Steps: steps, Descriptor: descriptor}
			l.receive(&p, 16, time.Now())
			seq++
		}
		work(l, time.Now())
	}
	picture(0, true)
	picture(3000, false)
	d.allow(1)
	picture(6000, false)
	if len(s.got) != 3 {
		t.Fatalf("%d packets, want one of each picture", len(s.got))
	}
	picture(9000, true)
	picture(12000, false)
	if len(s.got) != 7 {
		t.Fatalf("%d packets, want both layers since the second keyframe", len(s.got))
	}
	for i, p := range s.got {
		if p.SequenceNumber != uint16(i) {
			t.Errorf("packet %d has number %d", i, p.SequenceNumber)
		}
		if ends := i < 3 || i%2 == 0; p.Marker != ends {
			t.Errorf("packet %d ends its picture: %v", i, p.Marker)
		}
		isKey := i == 0 || i == 3 || i == 4
		if profile := p.ExtensionProfile; isKey != (profile == rtp.ExtensionProfileTwoByte) {
			t.Errorf("packet %d: profile %x", i, profile)
		}
	}
}
