package main

import (
	"context"
	"errors"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/soak"
)

type soakCommand struct {
	subjectFlags
	Minutes float64       `default:"60" help:"How long to paint."`
	Warmup  time.Duration `default:"2m" help:"What does not count: caches fill, GIMP's undo history too."`
	Every   time.Duration `default:"5s" help:"How often memory is looked at."`
	HTML    string        `name:"html" placeholder:"FILE" help:"Write a report with plots."`
}

// Run paints on a colourful picture, through the browser, and watches.
func (c soakCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	defer c.shoot(s)
	spots, err := openArtwork(ctx, s)
	if err != nil {
		return err
	}
	parts, err := cost.FindParts(s.display)
	if err != nil {
		return err
	}
	if s.server != nil {
		parts["server"] = []machine.Process{s.server.Process()}
	}
	before, err := s.browser.Transport()
	if err != nil {
		return err
	}
	hand := &undoing{Browser: s.browser}
	var samples []soak.Sample
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		samples, err = soak.Watch(ctx, parts, c.Every, func(ctx context.Context) error {
			return cost.Draw(ctx, hand, spots, time.Duration(c.Minutes*float64(time.Minute)))
		})
		return err
	})
	if err != nil {
		return err
	}
	after, err := s.browser.Transport()
	if err != nil {
		return err
	}
	report := soak.NewReport(samples, c.Warmup)
	report.Frames, report.Strokes = after.Decoded-before.Decoded, hand.strokes
	report.Size, report.Codec, report.Machine, report.Commit = s.size(), after.Codec, s.machine, machine.Commit()
	return deliver(report, "bin/easel-bench soak --html FILE", c.HTML, c.JSON)
}

// undoing is a hand that takes each stroke back once it is drawn, so that the
// picture stays what it is however long one draws.
type undoing struct {
	*browser.Browser
	strokes int
}

// Release lets the button go and undoes the stroke.
func (u *undoing) Release(x, y float64) error {
	u.strokes++
	return errors.Join(u.Browser.Release(x, y), u.Key("z", kb.ModifierCtrl))
}
