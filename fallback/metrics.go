package fallback

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	connections prometheus.Gauge
	refused     *prometheus.CounterVec
	ended       *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	bytes       *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) (*metrics, error) {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "easel_vnc_connections", Help: "RFB clients connected, half-open ones included.",
		}),
		refused: counter("easel_vnc_refused_total", "RFB clients that were not let in, by reason.", "reason"),
		ended:   counter("easel_vnc_ended_total", "RFB connections that ended, by reason.", "reason"),
		dropped: counter("easel_vnc_dropped_total", "RFB messages that did not reach the X server, by kind.", "kind"),
		bytes:   counter("easel_vnc_bytes_total", "Bytes of RFB, to the X server (in) and from it (out).", "direction"),
	}
	if to == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.connections, m.refused, m.ended, m.dropped, m.bytes} {
		if err := to.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
