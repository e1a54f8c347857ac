package signaling

import (
	"slices"

	"github.com/easel-live/easel/wire"
)

// onWay notes by which way p's window shows the canvas. It is the browser's word:
// good for figures, and nothing is decided by it.
func (p *participant) onWay(c *wire.Control) {
	if !slices.Contains(wire.Ways(), c.Way) || !slices.Contains(wire.WayReasons(), c.Code) {
		p.drop("malformed")
		return
	}
	if !p.data.commands.Allow() {
		p.drop("rate")
		return
	}
	p.room.post(func() {
		if !p.gone && p.way != c.Way {
			p.showsBy(c.Way, c.Code)
		}
	})
}

// showsBy counts a change of p's way; "" is none. It runs on the room's
// goroutine.
func (p *participant) showsBy(way, why string) {
	m := p.room.server.metrics
	if p.way != "" {
		m.ways.WithLabelValues(p.way).Dec()
	}
	if way != "" {
		m.ways.WithLabelValues(way).Inc()
		m.switches.WithLabelValues(p.way, way, why).Inc()
		p.log.Info("canvas shown", "way", way, "before", p.way, "reason", why)
	}
	p.way = way
}
