package load

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"
)

func TestContentAveragesItsBitrate(t *testing.T) {
	for _, bitrate := range []int{100_000, 1_500_000, 5_000_000} {
		c := NewContent(7, bitrate)
		var last Frame
		sum := 0
		for last.At < 10*time.Minute {
			f := c.Next()
			if f.At <= last.At {
				t.Fatalf("frame at %v after one at %v", f.At, last.At)
			}
			sum += f.Size
			last = f
		}
		got := float64(sum) * 8 / last.At.Seconds()
		if math.Abs(got-float64(bitrate)) > 0.1*float64(bitrate) {
			t.Errorf("%d b/s wanted, %.0f made", bitrate, got)
		}
	}
}

func TestContentRepeats(t *testing.T) {
	a, b, other := NewContent(1, 1e6), NewContent(1, 1e6), NewContent(2, 1e6)
	differ := false
	for range 1000 {
		x := a.Next()
		if y := b.Next(); x != y {
			t.Fatalf("same seed, %v and %v", x, y)
		}
		differ = differ || x != other.Next()
	}
	if !differ {
		t.Error("another seed made the same content")
	}
}

func TestContentPausesAndBursts(t *testing.T) {
	c := NewContent(1, 1_500_000)
	pauses, bursts := 0, 0
	last := time.Duration(0)
	for range 5000 {
		f := c.Next()
		if f.At-last > 200*time.Millisecond {
			pauses++
		}
		if f.Size == c.Keyframe() {
			bursts++
		}
		last = f.At
	}
	if pauses < 50 || bursts < 10 {
		t.Errorf("%d pauses, %d bursts", pauses, bursts)
	}
}

func framePackets(t testing.TB, p *packetizer, size int, key bool) []rtp.Packet {
	t.Helper()
	var out []rtp.Packet
	if err := p.frame(size, key, 0, time.Now, func(pkt *rtp.Packet) error {
		out = append(out, rtp.Packet{Header: pkt.Header, Payload: bytes.Clone(pkt.Payload)})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func testPacketizer(f format) *packetizer {
	noise := rand.New(rand.NewPCG(1, 1))
	return newPacketizer(f, func() byte { return byte(noise.Uint32()) })
}

func TestPacketsOfAFrame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.SampledFrom([]format{vp8{}, h264{}}).Draw(rt, "format")
		p := testPacketizer(f)
		size := rapid.IntRange(1, maxFrame).Draw(rt, "size")
		key := rapid.Bool().Draw(rt, "key")
		packets := framePackets(t, p, size, key)
		for i, pkt := range packets {
			sets := key && i == 0 && f.before() != nil
			if last := packets[len(packets)-1]; len(pkt.Payload) > maxPayload || !sets && len(pkt.Payload) != len(last.Payload) {
				rt.Fatalf("packet %d has %d bytes, the last %d", i, len(pkt.Payload), len(last.Payload))
			}
			if pkt.Marker != (i == len(packets)-1) {
				rt.Fatalf("marker of packet %d of %d", i, len(packets))
			}
			if s, ok := readStamp(pkt.Payload); !ok || s.index != uint32(i) {
				rt.Fatalf("packet %d is stamped %v, %v", i, s, ok)
			}
			if f.keyStart(pkt.Payload) != (key && i == 0) {
				rt.Fatalf("packet %d of key=%v", i, key)
			}
		}
	})
}

func TestH264OpensWithParameterSets(t *testing.T) {
	packets := framePackets(t, testPacketizer(h264{}), 3000, true)
	got, err := (&codecs.H264Packet{}).Unmarshal(packets[0].Payload)
	if err != nil || !bytes.Contains(got, []byte{0, 0, 0, 1, 0x67}) || !bytes.Contains(got, []byte{0, 0, 0, 1, 0x68}) {
		t.Errorf("%x, %v", got, err)
	}
	var whole codecs.H264Packet
	var picture []byte
	for _, p := range packets[1:] {
		part, err := whole.Unmarshal(p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		picture = append(picture, part...)
	}
	if len(picture) < 3000 || picture[4]&0x1F != nalIDR {
		t.Errorf("a picture of %d bytes that begins %x", len(picture), picture[:8])
	}
}

func TestReplayKeepsToBitrateAndTime(t *testing.T) {
	for seed := range uint64(5) {
		r, err := NewReplay(seed*97, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		bytes, last := 0, time.Duration(-1)
		for range 20 * len(r.frames) {
			f := r.Next()
			if f.At < 0 || f.At < last {
				t.Fatalf("a frame at %v after %v", f.At, last)
			}
			last = f.At
			bytes += f.Size
		}
		if rate := float64(bytes) * 8 / last.Seconds(); math.Abs(rate-1e6) > 5e4 {
			t.Errorf("%.0f b/s", rate)
		}
		if r.Keyframe() < minFrame {
			t.Errorf("a key frame of %d bytes", r.Keyframe())
		}
	}
}

func TestRecordingsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "0 500", "0 500\n10 x", "0 500\n10 20\n9 20", "0 500\n10 0"} {
		if _, err := parseTrace(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestHistogramIsWithinThreePercent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		us := rapid.Int64Range(1, int64(time.Hour/time.Microsecond)).Draw(rt, "us")
		var h Histogram
		h.Add(time.Duration(us) * time.Microsecond)
		got := float64(h.Percentile(50)) / 1000
		if got < float64(us) || got > math.Max(float64(us)*1.032, float64(us)+1) {
			rt.Fatalf("%d µs read as %v", us, got)
		}
	})
}

func TestHistogramPercentilesAndDifference(t *testing.T) {
	var h Histogram
	for i := range 100 {
		h.Add(time.Duration(i) * time.Millisecond)
	}
	earlier := h
	for range 100 {
		h.Add(time.Second)
	}
	if p := h.Percentile(50); p < 99*time.Millisecond || p > 103*time.Millisecond {
		t.Errorf("p50 %v", p)
	}
	if d := h.Since(&earlier); d.N() != 100 || d.Percentile(1) < time.Second {
		t.Errorf("difference has %d, p1 %v", d.N(), d.Percentile(1))
	}
	var sum Histogram
	sum.Merge(&h)
	sum.Merge(&earlier)
	if sum.N() != 300 || (&Histogram{}).Percentile(99) != 0 {
		t.Errorf("merged %d", sum.N())
	}
}

func TestTallyCountsLossAndRepeats(t *testing.T) {
	now := time.Unix(1000, 0)
	v := tally{format: vp8{}}
	v.began = now
	packet := func(index uint32) []byte {
		b := make([]byte, 64)
		stamp{index: index, sent: now}.put(b)
		return b
	}
	v.openWindow(10)
	for _, i := range []uint32{8, 10, 12, 12, 13, 15, 99} {
		v.add(packet(i), false, now.Add(5*time.Millisecond))
	}
	v.add([]byte("probe"), false, now)
	if got := v.received(10, 16); got != 4 {
		t.Errorf("%d of the window's packets", got)
	}
	if got := v.received(12, 14); got != 2 {
		t.Errorf("%d of a part of it", got)
	}
	var sum seen
	v.addTo(&sum)
	if sum.repeats != 1 || sum.other != 1 || sum.packets != 6 {
		t.Errorf("repeats %d, other %d, packets %d", sum.repeats, sum.other, sum.packets)
	}
}

func TestTallyKnowsTheFirstWholePicture(t *testing.T) {
	began := time.Unix(1000, 0)
	p := testPacketizer(vp8{})
	broken, whole := framePackets(t, p, 5000, true), framePackets(t, p, 5000, true)
	v := tally{format: vp8{}}
	v.began = began
	at := began
	feed := func(packets []rtp.Packet) (blind bool) {
		for _, pkt := range packets {
			at = at.Add(time.Millisecond)
			blind = v.add(pkt.Payload, pkt.Marker, at)
		}
		return blind
	}
	if !feed(broken[1:]) || !feed(broken[:2]) || !feed(broken[3:]) {
		t.Error("saw a picture in pieces")
	}
	if feed(whole) {
		t.Error("did not see a whole key frame")
	}
	toPacket, toFrame := v.joined()
	if toPacket != time.Millisecond || toFrame != at.Sub(began) {
		t.Errorf("packet after %v, picture after %v", toPacket, toFrame)
	}
}

func TestMetricsWithoutLabels(t *testing.T) {
	values, err := parseMetrics(strings.NewReader("# HELP x\ngo_goroutines 12\na{b=\"c\"} 3\nbad\nx y\nrss 1.5e+07\n"))
	if err != nil || len(values) != 2 || values["go_goroutines"] != 12 || values["rss"] != 1.5e7 {
		t.Errorf("%v, %v", values, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{URL: "ws://127.0.0.1:1", Rooms: 1, Viewers: 1, Bitrate: 1e6, Duration: time.Second, JoinRate: 1, Codec: VP8, Content: Made, Cipher: GCM128, Feedback: Reports}
	for name, spoil := range map[string]func(*Options){
		"rooms":    func(o *Options) { o.Rooms = 0 },
		"viewers":  func(o *Options) { o.Viewers = -1 },
		"bitrate":  func(o *Options) { o.Bitrate = 0 },
		"seconds":  func(o *Options) { o.Duration = 0 },
		"rate":     func(o *Options) { o.JoinRate = 0 },
		"url":      func(o *Options) { o.URL = "nonsense" },
		"cipher":   func(o *Options) { o.PID = 1; o.Cipher = "rot13" },
		"codec":    func(o *Options) { o.PID = 1; o.Codec = "mpeg1" },
		"content":  func(o *Options) { o.PID = 1; o.Content = "news" },
		"feedback": func(o *Options) { o.PID = 1; o.Feedback = "loud" },
	} {
		o := good
		spoil(&o)
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReportsForPeopleAndPrograms(t *testing.T) {
	r := &Report{Rooms: 1, Viewers: 2, CPU: 1.5, join: []float64{3, 1, 2}, delay: &Histogram{},
		Timeline: []Second{{At: 1, PacketsOut: 10, DelayP99: 2}, {At: 2, PacketsOut: 20, DelayP99: 1}}}
	var html, text, raw bytes.Buffer
	if err := r.Page("again").Write(&html); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(html.String(), `class="curve"`); got != 7 {
		t.Errorf("%d lines drawn", got)
	}
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "1.50 µs per forwarded packet") {
		t.Errorf("%v: %s", err, &text)
	}
	if err := json.NewEncoder(&raw).Encode(r); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"cpu_us_per_packet", "cpu_user_us_per_packet", "cpu_kernel_us_per_packet", "loss",
		"added_delay_p50_ms", "added_delay_p99_ms", "join_p50_ms", "join_p95_ms", "packets_in", "packets_out", "machine", "commit"} {
		if !strings.Contains(raw.String(), `"`+field+`":`) {
			t.Errorf("no %s in the JSON", field)
		}
	}
}

func FuzzPayload(f *testing.F) {
	p := testPacketizer(vp8{})
	for _, pkt := range framePackets(f, p, 3000, true) {
		f.Add(pkt.Payload, true)
	}
	f.Add([]byte{0x90, 0xFF}, false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, payload []byte, marker bool) {
		v := tally{format: vp8{}}
		v.openWindow(0)
		v.add(payload, marker, time.Unix(0, 0))
		if d, ok := vp8Descriptor(payload); ok && d > len(payload) {
			t.Errorf("descriptor of %d in %d bytes", d, len(payload))
		}
	})
}
