package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/wire"
)

// observer carries what happens in rooms to the sessions they belong to and to
// the metrics.
type observer struct {
	signaling.Unobserved
	sessions *session.Service
	scribe   *scribe
	photons  prometheus.Histogram
}

func newObserver(metrics prometheus.Registerer, s *scribe) *observer {
	o := &observer{scribe: s, photons: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "easel_input_to_photon_seconds",
		Help:    "From an input event in a browser to the presentation of the first frame that shows its effect, as browsers measure it.",
		Buckets: []float64{.005, .0075, .01, .0125, .015, .02, .025, .03, .04, .05, .075, .1, .15, .25, .5, 1},
	})}
	metrics.MustRegister(o.photons, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "easel_sessions_alive", Help: "Sessions that run or are starting.",
	}, o.alive))
	return o
}

func (o *observer) RoomOpened(name string) { o.scribe.opened(name) }

func (o *observer) RoomClosed(name string) { o.scribe.closed(name) }

func (o *observer) Joined(name string, p signaling.Person) {
	o.scribe.joined(name, p)
	if p.Role != room.Agent {
		o.sessions.Joined(name)
	}
}

func (o *observer) LeaseChanged(name string, l wire.Lease) { o.scribe.control(name, l) }

func (o *observer) RulesChanged(name string, h signaling.House) { o.scribe.ruled(name, h) }

func (o *observer) Decided(name string, d signaling.Decision) { o.scribe.decided(name, d) }

// Left: without its agent a session has no picture.
func (o *observer) Left(name string, p signaling.Person) {
	o.scribe.left(name, p)
	if p.Role == room.Agent {
		o.sessions.AgentLost(name)
		return
	}
	o.sessions.Left(name)
}

// Published: the agent's picture is what a starting session waits for.
func (o *observer) Published(name string, p signaling.Person, _ string) {
	if p.Role == room.Agent {
		o.sessions.AgentConnected(name)
	}
}

// Photons: browsers measure while somebody draws, and only then.
func (o *observer) Photons(name string, _ signaling.Person, ms []float64) {
	o.sessions.Active(name)
	for _, v := range ms {
		o.photons.Observe(v / 1000)
	}
}

// alive counts the sessions that are not over.
func (o *observer) alive() float64 {
	n := 0
	for _, s := range o.sessions.List() {
		if s.Alive() {
			n++
		}
	}
	return float64(n)
}
