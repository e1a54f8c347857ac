// Package soak watches the memory of a session that is worked in for long: a
// process that forgets to give back a little with each stroke is not seen in a
// minute, and ends a session within a day.
//
//	soak.go    the resident memory of each part over time, and its slope
//	report.go  the figures and how they are drawn
package soak

import (
	"context"
	"fmt"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/stats"
)

// Sample is how much memory each part had at one moment, in MiB.
type Sample struct {
	Seconds float64            `json:"s"` // since the watch began
	MiB     map[string]float64 `json:"rss_mib"`
}

// Watch looks at the parts every so often until work returns, and gives what it
// saw. Work's context ends when a part does.
func Watch(ctx context.Context, parts cost.Parts, every time.Duration, work func(context.Context) error) ([]Sample, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var samples []Sample
	for began := time.Now(); ; {
		s, err := sample(parts, time.Since(began))
		if err != nil {
			stop(err)
			<-done
			return samples, err
		}
		samples = append(samples, s)
		select {
		case <-tick.C:
		case err := <-done:
			return samples, err
		}
	}
}

func sample(parts cost.Parts, at time.Duration) (Sample, error) {
	s := Sample{Seconds: stats.Round(at.Seconds(), 1), MiB: make(map[string]float64, len(parts))}
	for part, processes := range parts {
		for _, p := range processes {
			bytes, err := p.Resident()
			if err != nil {
				return s, fmt.Errorf("soak: %s ended while it was watched: %w", p.Name, err)
			}
			s.MiB[part] += float64(bytes) / (1 << 20)
		}
		s.MiB[part] = stats.Round(s.MiB[part], 2)
	}
	return s, nil
}

// Growth is how a part's memory went.
type Growth struct {
	First float64 `json:"first_mib"` // after the warm-up
	Last  float64 `json:"last_mib"`
	Most  float64 `json:"most_mib"`
	// Slope is that of the line that fits the samples best (least squares), in
	// MiB per hour.
	Slope float64 `json:"slope_mib_per_h"`
}

// growth reduces the samples of a part after the warm-up.
func growth(samples []Sample, part string, warmup time.Duration) Growth {
	var g Growth
	var n, sx, sy, sxx, sxy float64
	for _, s := range samples {
		if s.Seconds < warmup.Seconds() {
			continue
		}
		x, y := s.Seconds/3600, s.MiB[part]
		if n == 0 {
			g.First = y
		}
		g.Last, g.Most = y, max(g.Most, y)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d > 0 {
		g.Slope = stats.Round((n*sxy-sx*sy)/d, 2)
	}
	return g
}
