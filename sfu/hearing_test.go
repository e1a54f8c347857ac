package sfu

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/easel-live/easel/sfu/reception"
)

// ears are a hearing of one publisher's stream 7, whose repairs are stream 8,
// and what protects the publisher's packets.
func ears(t *testing.T) (*hearing, *srtp.Context, *layer) {
	t.Helper()
	key, salt := make([]byte, 16), make([]byte, 12)
	in, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPReplayProtection(rtpWindow))
	if err != nil {
		t.Fatal(err)
	}
	out, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := stage(0, nil)
	u := &uplink{peer: &Peer{done: make(chan struct{}), engine: &Engine{count: &counters{}}}, ssrc: 7, stream: reception.New(7, 90000), asking: time.NewTimer(time.Hour)}
	u.layer.Store(l)
	h := &hearing{reads: &reading{count: &counters{}}, context: in, streams: map[uint32]*heard{}}
	h.assign(7, u, false)
	h.assign(8, u, true)
	return h, out, l
}

func protected(t *testing.T, out *srtp.Context, p rtp.Packet) []byte {
	t.Helper()
	p.Version = 2
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := out.EncryptRTP(nil, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func has(l *layer, sequence uint16) bool {
	l.ring.RLock()
	defer l.ring.RUnlock()
	for i := l.ring.Oldest(); i <= l.ring.Head(); i++ {
		if p := l.ring.At(i); p != nil && uint16(i) == sequence {
			return bytes.Equal(p.Payload, vp8Payload(true, false, sequence, 0, 1))
		}
	}
	return false
}

func media(sequence uint16) rtp.Packet {
	return rtp.Packet{
		Header:  rtp.Header{SSRC: 7, SequenceNumber: sequence, Timestamp: uint32(sequence) * 10},
		Payload: vp8Payload(true, false, sequence, 0, 1),
	}
}

func repairOf(p rtp.Packet, sequence uint16) rtp.Packet {
	payload := append(binary.BigEndian.AppendUint16(nil, p.SequenceNumber), p.Payload...)
	p.SSRC, p.SequenceNumber, p.Payload = 8, sequence, payload
	return p
}

func TestAPublisherIsHeardPastPion(t *testing.T) {
	h, out, l := ears(t)
	first := protected(t, out, media(100))
	again := bytes.Clone(first)
	for _, b := range [][]byte{first, protected(t, out, media(102)), protected(t, out, repairOf(media(101), 1))} {
		if !h.take(b) {
			t.Fatal("left to pion")
		}
	}
	for _, sequence := range []uint16{100, 101, 102} {
		if !has(l, sequence) {
			t.Errorf("packet %d is not in the ring", sequence)
		}
	}
	forged := protected(t, out, media(103))
	forged[len(forged)-1] ^= 1
	padding := repairOf(media(9), 2)
	padding.Payload = nil
	for name, b := range map[string][]byte{
		"repeated": again, "forged": forged, "short": forged[:12], "padding": protected(t, out, padding),
	} {
		before := l.count.packetsIn.Load()
		if !h.take(b) || l.count.packetsIn.Load() != before {
			t.Errorf("%s: passed on", name)
		}
	}
	stranger := media(1)
	stranger.SSRC = 9
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if h.take(protected(t, out, stranger)) || h.take(append(report, make([]byte, 20)...)) {
		t.Error("took what is pion's")
	}
}

// A stream that rolled over while pion had it is opened by its next count.
func TestAStreamMayHaveRolledOverBefore(t *testing.T) {
	h, out, l := ears(t)
	protected(t, out, media(65535)) // pion's
	if !h.take(protected(t, out, media(0))) || !h.take(protected(t, out, media(1))) || !has(l, 1) {
		t.Error("not opened")
	}
}

func TestHearingAPublisherAllocatesNothing(t *testing.T) {
	h, out, _ := ears(t)
	const packets = 300
	var sealed [][]byte
	for i := range uint16(packets) {
		sealed = append(sealed, protected(t, out, media(i+1)))
	}
	h.take(sealed[0])
	next := 1
	if allocs := testing.AllocsPerRun(packets-2, func() {
		h.take(sealed[next])
		next++
	}); allocs > 0 {
		t.Errorf("%v allocations per packet", allocs)
	}
}

func FuzzHearing(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3})
	f.Add([]byte{0x81, 206, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _, l := ears(t)
		h.tell = func([]rtcp.Packet, time.Time) { t.Error("heard a forged report") }
		if isMedia(b) {
			h.take(b)
		}
		if l.count.packetsIn.Load() > 0 {
			t.Error("passed on a forged packet")
		}
	})
}
