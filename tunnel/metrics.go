package tunnel

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	tunnels prometheus.Gauge
	refused prometheus.Counter
	streams *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		tunnels: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "easel_tunnels", Help: "Sessions whose agent has its tunnel up.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "easel_tunnel_refused_total", Help: "Tunnels refused for their token.",
		}),
		streams: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_tunnel_streams_total", Help: "Streams opened through tunnels, by service.",
		}, []string{"service"}),
	}
	if to == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.tunnels, m.refused, m.streams} {
		if err := to.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
