package vitals

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxSessions bounds how many sessions are asked, and so the label's values.
	maxSessions = 500
	// atOnce is how many are asked at a time.
	atOnce = 32
	// within is how long all of them together may take: scrapes do not wait.
	within = 2 * time.Second
)

// Tunnels open streams to services of agents.
type Tunnels interface {
	Open(ctx context.Context, room, service string) (net.Conn, error)
}

// Session is one whose agent is asked.
type Session struct{ ID, Room string }

// Collector asks the agents when metrics are read.
type Collector struct {
	tunnels  Tunnels
	sessions func() []Session
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector asks through tunnels the agents of the sessions that there are then.
func NewCollector(tunnels Tunnels, sessions func() []Session) *Collector {
	return &Collector{tunnels, sessions}
}

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"session"}, nil)
}

// up is told of every session that was asked.
var up = describe("easel_agent_up", "Whether a session's agent answers through its tunnel.")

// told is what an answer says.
var told = []struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(Vitals) float64
}{
	{describe("easel_agent_uptime_seconds", "Since a session's agent started."), prometheus.GaugeValue, func(v Vitals) float64 { return v.UptimeSeconds }},
	{describe("easel_agent_cpu_seconds_total", "Processor time of a session's agent."), prometheus.CounterValue, func(v Vitals) float64 { return v.CPUSeconds }},
	{describe("easel_agent_memory_bytes", "Resident memory of a session's agent."), prometheus.GaugeValue, func(v Vitals) float64 { return v.MemoryBytes }},
	{describe("easel_agent_captures_total", "How often a session's display was grabbed."), prometheus.CounterValue, func(v Vitals) float64 { return v.Captures }},
	{describe("easel_agent_frames_total", "Frames that a session's agent encoded, of every layer."), prometheus.CounterValue, func(v Vitals) float64 { return v.Frames }},
	{describe("easel_agent_keyframes_total", "Those of them that need no other."), prometheus.CounterValue, func(v Vitals) float64 { return v.Keyframes }},
	{describe("easel_agent_sent_bytes_total", "Encoded video that a session's agent sent."), prometheus.CounterValue, func(v Vitals) float64 { return v.SentBytes }},
	{describe("easel_agent_unsent_frames_total", "Frames that could not be sent."), prometheus.CounterValue, func(v Vitals) float64 { return v.Unsent }},
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	out <- up
	for _, m := range told {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	sessions := c.sessions()
	slices.SortFunc(sessions, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
	places := make(chan struct{}, atOnce)
	var asking sync.WaitGroup
	for _, s := range sessions[:min(len(sessions), maxSessions)] {
		places <- struct{}{}
		asking.Go(func() {
			defer func() { <-places }()
			v, err := c.ask(ctx, s.Room)
			if err != nil {
				out <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 0, s.ID)
				return
			}
			out <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 1, s.ID)
			for _, m := range told {
				out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(v), s.ID)
			}
		})
	}
	asking.Wait()
}

// ask has a room's agent tell of itself.
func (c *Collector) ask(ctx context.Context, room string) (Vitals, error) {
	stream, err := c.tunnels.Open(ctx, room, Service)
	if err != nil {
		return Vitals{}, err
	}
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	defer stream.Close()
	return read(stream)
}
