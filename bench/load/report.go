package load

import (
	"time"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// Report are the figures of a run.
type Report struct {
	Rooms    int     `json:"rooms"`
	Viewers  int     `json:"viewers"` // in each room
	Bitrate  int     `json:"bitrate"` // of each publisher, bits per second
	Seconds  float64 `json:"seconds"`
	Codec    string  `json:"codec"`
	Content  string  `json:"content"`
	Cipher   string  `json:"cipher"`
	Feedback string  `json:"feedback"`

	// PacketsIn were sent by the publishers; PacketsOut reached viewers, each
	// counted once, of the PacketsExpected that should have; Loss is the rest
	// as a share of one.
	PacketsIn       uint64  `json:"packets_in"`
	PacketsExpected uint64  `json:"packets_expected"`
	PacketsOut      uint64  `json:"packets_out"`
	Loss            float64 `json:"loss"`
	// Repeats reached a viewer a second time. Padding are the server's own
	// packets. UDPOverflows were dropped on this machine because a socket's
	// receive buffer was full: the server's or a viewer's.
	Repeats      uint64 `json:"repeats"`
	Padding      uint64 `json:"padding"`
	UDPOverflows uint64 `json:"udp_overflows"`

	// CPU time of the server's process for each of PacketsOut.
	CPU       float64 `json:"cpu_us_per_packet"`
	CPUUser   float64 `json:"cpu_user_us_per_packet"`
	CPUKernel float64 `json:"cpu_kernel_us_per_packet"`
	// Busy is the server's CPU time in percent of one core.
	Busy float64 `json:"server_busy_percent"`

	// From the publisher's send call to the viewer's read.
	DelayP50 float64 `json:"added_delay_p50_ms"`
	DelayP99 float64 `json:"added_delay_p99_ms"`

	// From the viewer's decision to join to its first whole key frame, and to
	// its first packet.
	JoinP50       float64 `json:"join_p50_ms"`
	JoinP95       float64 `json:"join_p95_ms"`
	JoinPacketP50 float64 `json:"join_packet_p50_ms"`
	JoinPacketP95 float64 `json:"join_packet_p95_ms"`

	// What the server grew by from before the first join to the end.
	MemoryPerViewer     int64   `json:"memory_bytes_per_viewer"`
	GoroutinesPerViewer float64 `json:"goroutines_per_viewer"` // 0: not told
	KeyframesAsked      uint64  `json:"keyframes_asked"`

	Timeline []Second `json:"timeline"`

	Machine machine.Machine `json:"machine"`
	Commit  string          `json:"commit"`

	delay *Histogram
	join  []float64
}

// Second is one second of the measurement.
type Second struct {
	At         float64 `json:"at_s"`
	PacketsIn  uint64  `json:"packets_in"`
	PacketsOut uint64  `json:"packets_out"`
	CPU        float64 `json:"cpu_us_per_packet"`
	DelayP50   float64 `json:"added_delay_p50_ms"`
	DelayP99   float64 `json:"added_delay_p99_ms"`
}

func (r *Report) count(c *crowd) {
	for _, h := range c.rooms {
		span := uint64(h.to - h.from)
		r.PacketsIn += span
		r.PacketsExpected += span * uint64(len(h.viewers))
		for _, v := range h.viewers {
			r.PacketsOut += uint64(v.received(h.from, h.to))
		}
		r.KeyframesAsked += h.show.asked.Load()
	}
	if r.PacketsExpected > 0 {
		r.Loss = stats.Round(1-float64(r.PacketsOut)/float64(r.PacketsExpected), 6)
	}
}

func (r *Report) cost(first, last mark) {
	user, kernel := last.usage.user-first.usage.user, last.usage.kernel-first.usage.kernel
	packets := last.seen.packets - first.seen.packets
	r.CPUUser, r.CPUKernel = perPacket(user, packets), perPacket(kernel, packets)
	r.CPU = perPacket(user+kernel, packets)
	r.Busy = stats.Round(100*float64(user+kernel)/float64(last.at.Sub(first.at)), 1)
	r.Repeats = last.seen.repeats - first.seen.repeats
	r.Padding = last.seen.other - first.seen.other
}

// perPacket is CPU time per packet in microseconds.
func perPacket(cpu time.Duration, packets uint64) float64 {
	if packets == 0 {
		return 0
	}
	return stats.Round(float64(cpu)/float64(time.Microsecond)/float64(packets), 2)
}

func (r *Report) delays(h *Histogram) {
	r.delay = h
	r.DelayP50, r.DelayP99 = millis(h.Percentile(50)), millis(h.Percentile(99))
}

func (r *Report) joins(c *crowd) {
	var packets []float64
	for v := range c.viewers {
		toPacket, toFrame := v.joined()
		packets = append(packets, millis(toPacket))
		r.join = append(r.join, millis(toFrame))
	}
	toPacket, toFrame := stats.Summarize(packets), stats.Summarize(r.join)
	r.JoinP50, r.JoinP95 = toFrame.P50, toFrame.P95
	r.JoinPacketP50, r.JoinPacketP95 = toPacket.P50, toPacket.P95
}

func (r *Report) weigh(empty, full usage, viewers int) {
	r.MemoryPerViewer = (full.resident - empty.resident) / int64(viewers)
	r.GoroutinesPerViewer = stats.Round(float64(full.goroutines-empty.goroutines)/float64(viewers), 1)
}

func (r *Report) timeline(marks []mark) {
	for i := range marks[1:] {
		a, b := &marks[i], &marks[i+1]
		delay := b.seen.delays.Since(&a.seen.delays)
		packets := b.seen.packets - a.seen.packets
		r.Timeline = append(r.Timeline, Second{
			At:        stats.Round(b.at.Sub(marks[0].at).Seconds(), 2),
			PacketsIn: b.sent - a.sent, PacketsOut: packets,
			CPU:      perPacket(b.usage.user+b.usage.kernel-a.usage.user-a.usage.kernel, packets),
			DelayP50: millis(delay.Percentile(50)), DelayP99: millis(delay.Percentile(99)),
		})
	}
}

func millis(d time.Duration) float64 {
	return stats.Round(float64(d)/float64(time.Millisecond), 3)
}
