package main

import (
	"time"

	"github.com/easel-live/easel/bench/relay"
	"github.com/easel-live/easel/bench/relay/detour"
)

// lineFlags make each viewer's line a bad one. The conditions of a direction
// apply to each viewer alone.
type lineFlags struct {
	Delay  time.Duration `help:"One-way delay of each viewer's line, in both directions."`
	Jitter time.Duration `help:"Up to so much more delay, from the server to the viewer."`
	Loss   float64       `help:"Share of packets lost by chance from the server to the viewer, 0 to 1."`
	Rate   int           `help:"Bits per second from the server to the viewer; 0: unlimited."`
	Queue  int           `help:"Bytes that may wait for a limited line; 0: 65536."`
}

// open leads the viewers of a server through a relay; nil when their line is
// perfect.
func (l lineFlags) open(url string, seed uint64) (*detour.Proxy, error) {
	if l == (lineFlags{}) {
		return nil, nil
	}
	return detour.Open(url, relay.Options{
		Up:   relay.Conditions{Delay: l.Delay},
		Down: relay.Conditions{Delay: l.Delay, Jitter: l.Jitter, Loss: l.Loss, Rate: l.Rate, Queue: l.Queue},
		Seed: seed,
	})
}
