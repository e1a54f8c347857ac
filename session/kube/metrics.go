package kube

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators watch: whether launches succeed, why not, how long
// they take, and what they cost the API server.
type metrics struct {
	launches *prometheus.CounterVec   // start, outcome, reason
	seconds  *prometheus.HistogramVec // start
	requests *prometheus.CounterVec   // method, code
	moves    prometheus.Counter
	warm     *prometheus.GaugeVec // size
	reaped   *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		launches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_launches_total", Help: "Launches that came to an end, by start (warm, cold), outcome (ready, failed, ended) and reason.",
		}, []string{"start", "outcome", "reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "easel_launch_seconds", Help: "From the wish for a session to its GIMP being there, by start (warm, cold).",
			Buckets: []float64{.05, .1, .25, .5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300},
		}, []string{"start"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_kube_requests_total", Help: "Requests to the Kubernetes API, by method and status code.",
		}, []string{"method", "code"}),
		moves: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "easel_session_moves_total", Help: "Sessions that started again because their pod or its machine was lost.",
		}),
		warm: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "easel_warm_pods", Help: "Warm pods that are ready to be claimed, by size class.",
		}, []string{"size"}),
		reaped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_reaped_total", Help: "What was removed because nobody looked after it, by what it was.",
		}, []string{"what"}),
	}
	if to == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.launches, m.seconds, m.requests, m.moves, m.warm, m.reaped} {
		if err := to.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) launched(start string, took time.Duration) {
	m.launches.WithLabelValues(start, "ready", "").Inc()
	m.seconds.WithLabelValues(start).Observe(took.Seconds())
}

// counted counts the requests that go through a transport.
type counted struct {
	next http.RoundTripper
	m    *metrics
}

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	code := "none"
	if err == nil {
		code = strconv.Itoa(resp.StatusCode)
	}
	c.m.requests.WithLabelValues(r.Method, code).Inc()
	return resp, err
}
