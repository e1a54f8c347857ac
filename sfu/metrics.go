package sfu

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/sfu/socket"
)

// counters are plain atomics, so that the packet path pays for nothing but the
// addition; Prometheus reads them when it asks.
type counters struct {
	packetsIn, bytesIn   atomic.Uint64
	packetsOut, bytesOut atomic.Uint64
	nacks, retransmits   atomic.Uint64 // packets asked for, packets sent again
	probes               atomic.Uint64 // packets sent to look for bandwidth
	plis                 atomic.Uint64 // keyframes asked of publishers
	dropped              atomic.Uint64 // data messages
	writeErrors          atomic.Uint64
	// What was refused: RTP that nobody may send, that is no RTP, or that came
	// before; reports that are broken, or too many; packets asked for too often.
	unwanted, malformed, repeated      atomic.Uint64
	reportsBad, reportsOver, nacksOver atomic.Uint64

	peers, publications, subscriptions atomic.Int64

	registered []prometheus.Collector
}

// register offers the counters and those of the media socket.
func (c *counters) register(to prometheus.Registerer, udp *socket.Conn) error {
	if to == nil {
		return nil
	}
	count := func(name, help string, v *atomic.Uint64) {
		c.registered = append(c.registered, prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "easel", Subsystem: "sfu", Name: name, Help: help},
			func() float64 { return float64(v.Load()) }))
	}
	gauge := func(name, help string, v *atomic.Int64) {
		c.registered = append(c.registered, prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Namespace: "easel", Subsystem: "sfu", Name: name, Help: help},
			func() float64 { return float64(v.Load()) }))
	}
	count("packets_in_total", "RTP packets received from publishers.", &c.packetsIn)
	count("bytes_in_total", "RTP bytes received from publishers.", &c.bytesIn)
	count("packets_out_total", "RTP packets sent to viewers.", &c.packetsOut)
	count("bytes_out_total", "RTP payload bytes sent to viewers.", &c.bytesOut)
	count("nacks_total", "RTP packets that viewers asked to be sent again.", &c.nacks)
	count("retransmits_total", "RTP packets sent again.", &c.retransmits)
	count("probe_packets_total", "RTP packets sent to look for bandwidth.", &c.probes)
	count("keyframe_requests_total", "Keyframes asked of publishers.", &c.plis)
	count("data_dropped_total", "Data messages dropped for congestion or a full queue.", &c.dropped)
	count("write_errors_total", "RTP packets that could not be sent.", &c.writeErrors)
	count("rtp_unwanted_total", "Datagrams of RTP refused from those who may not publish, or have too many streams.", &c.unwanted)
	count("rtp_malformed_total", "Packets of publishers that are no RTP.", &c.malformed)
	count("rtp_repeated_total", "Packets of publishers that came before, too late, or too large.", &c.repeated)
	count("reports_malformed_total", "RTCP of viewers that is broken or claims too much.", &c.reportsBad)
	count("reports_excess_total", "RTCP of viewers beyond what is read of one.", &c.reportsOver)
	count("nacks_excess_total", "Packets that viewers asked for beyond what is considered.", &c.nacksOver)
	gauge("peers", "Participants connected.", &c.peers)
	gauge("publications", "Tracks announced.", &c.publications)
	gauge("subscriptions", "Subscriptions.", &c.subscriptions)
	c.registered = append(c.registered, socketMetrics(udp)...)
	for i, m := range c.registered {
		if err := to.Register(m); err != nil {
			c.registered = c.registered[:i]
			c.unregister(to)
			return err
		}
	}
	return nil
}

func (c *counters) unregister(from prometheus.Registerer) {
	if from == nil {
		return
	}
	for _, m := range c.registered {
		from.Unregister(m)
	}
}

// socketMetrics tell how packets reach the kernel.
func socketMetrics(udp *socket.Conn) []prometheus.Collector {
	count := func(name, help string, value func(socket.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "easel", Subsystem: "sfu_udp", Name: name, Help: help},
			func() float64 { return float64(value(udp.Stats())) })
	}
	all := []prometheus.Collector{
		count("packets_total", "Datagrams that the kernel took.", func(s socket.Stats) uint64 { return s.Packets }),
		count("syscalls_total", "System calls that sent them.", func(s socket.Stats) uint64 { return s.Syscalls }),
		count("segments_total", "Datagrams that left as part of a larger message.", func(s socket.Stats) uint64 { return s.Segments }),
		count("full_total", "Times the send buffer was full.", func(s socket.Stats) uint64 { return s.Full }),
		count("dropped_total", "Datagrams given up because it stayed full.", func(s socket.Stats) uint64 { return s.Dropped }),
	}
	for mode := socket.Single; mode <= socket.Segmented; mode++ {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "easel", Subsystem: "sfu_udp", Name: "mode", Help: "1 for the way packets are sent.",
			ConstLabels: prometheus.Labels{"mode": mode.String()},
		}, func() float64 {
			if udp.Mode() == mode {
				return 1
			}
			return 0
		}))
	}
	return all
}
