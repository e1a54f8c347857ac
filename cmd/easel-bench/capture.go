package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gimp"
	"github.com/easel-live/easel/bench/machine"
)

type captureCommand struct {
	subjectFlags
	Also   []string      `default:"1920x1080,2560x1440" help:"Further sizes to measure after --size; \"none\" for none."`
	Settle time.Duration `default:"6s" help:"Rest before the idle measurement, so that start-up and refinement are over."`
	Idle   time.Duration `default:"10s" help:"How long nothing is done."`
	Active time.Duration `default:"12s" help:"How long strokes are drawn with GIMP's pencil."`
	View   time.Duration `default:"5s" help:"How long the picture is scrolled, and then panned."`
	Peer   string        `enum:"gstreamer,none" default:"gstreamer" help:"Show the same display through GStreamer as well, at the bit rate and frame rate of Easel, and compare: gstreamer (left out when it is not installed) or none."`
	HTML   string        `name:"html" placeholder:"FILE" help:"Write a report with plots."`
}

// Run measures each size and prints.
func (c captureCommand) Run(ctx context.Context) error {
	report := cost.Report{Commit: machine.Commit()}
	sizes := []string{c.Size}
	if len(c.Also) != 1 || c.Also[0] != "none" {
		sizes = append(sizes, c.Also...)
	}
	for i, size := range sizes {
		c.Size = size
		figures, where, err := c.measure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", size, err)
		}
		if i == 0 {
			report.Figures, report.Machine = figures, where
		}
		report.Sizes = append(report.Sizes, figures)
	}
	return deliver(report, "bin/easel-bench capture --html FILE", c.HTML, c.JSON)
}

// measure is one size: rest first, then drawing, then moving about.
func (c captureCommand) measure(ctx context.Context) (f cost.Figures, where machine.Machine, err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return f, where, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	defer c.shoot(s)
	spots, err := openArtwork(ctx, s)
	if err != nil {
		return f, where, err
	}
	parts, err := cost.FindParts(s.display)
	if err != nil {
		return f, where, err
	}
	if s.server != nil {
		parts["server"] = []machine.Process{s.server.Process()}
	}
	if err := cost.Rest(ctx, c.Settle); err != nil {
		return f, where, err
	}
	during := func(work func(context.Context) error) (cost.Rates, error) {
		return cost.During(ctx, parts, s.browser, work)
	}
	if f.Idle, err = during(func(ctx context.Context) error { return cost.Rest(ctx, c.Idle) }); err != nil {
		return f, where, err
	}
	if err := s.browser.CollectPhotons(); err != nil {
		return f, where, err
	}
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		f.Active, err = during(func(ctx context.Context) error { return cost.Draw(ctx, s.browser, spots, c.Active) })
		return err
	})
	if err != nil {
		return f, where, err
	}
	photons, err := s.browser.Photons()
	if err != nil {
		return f, where, err
	}
	if err := gimp.Magnify(ctx, s.browser, 2); err != nil {
		return f, where, err
	}
	if f.Scroll, err = during(func(ctx context.Context) error { return cost.Scroll(ctx, s.browser, spots, c.View) }); err != nil {
		return f, where, err
	}
	if f.Pan, err = during(func(ctx context.Context) error { return cost.Pan(ctx, s.browser, spots, c.View) }); err != nil {
		return f, where, err
	}
	way, err := s.browser.Transport()
	if err != nil {
		return f, where, err
	}
	f.Size, f.Codec, f.Stages = s.size(), way.Codec, cost.NewStages(photons)
	if f.Peer, err = c.peer(ctx, s, spots, f.Active); err != nil {
		return f, where, err
	}
	f.Complete()
	return f, s.machine, nil
}

// peer measures GStreamer on the same display, at the rates that Easel had while
// somebody drew. Its page has no hand: the display's own draws.
func (c captureCommand) peer(ctx context.Context, s *subject, spots []gimp.Spot, rates cost.Rates) (_ *cost.Peer, err error) {
	if c.Peer == "none" || !hasGStreamer() {
		return nil, nil
	}
	if err := gimp.Magnify(ctx, s.browser, 1); err != nil {
		return nil, err
	}
	truth, err := openScreen(s)
	if err != nil {
		return nil, err
	}
	opts := likeEasel(rates)
	pipeline, err := watchPeer(ctx, s, opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pipeline.Close()) }()
	parts := cost.Parts{"gstreamer": {pipeline.Process()}}
	peer := &cost.Peer{FrameRate: opts.FrameRate}
	if peer.Idle, err = cost.During(ctx, parts, s.browser, func(ctx context.Context) error { return cost.Rest(ctx, c.Idle) }); err != nil {
		return nil, err
	}
	peer.Active, err = cost.During(ctx, parts, s.browser, func(ctx context.Context) error { return cost.Draw(ctx, truth, spots, c.Active) })
	return peer, err
}
