package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gimp"
	"github.com/easel-live/easel/bench/machine"
)

type captureCommand struct {
	subjectFlags
	Settle time.Duration `default:"10s" help:"Rest before the idle measurement, so that start-up and refinement are over."`
	Idle   time.Duration `default:"20s" help:"How long nothing is done."`
	Active time.Duration `default:"20s" help:"How long strokes are drawn with GIMP's pencil."`
}

// Run measures rest first, then drawing, and prints.
func (c captureCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	spots, err := gimp.NewImage(ctx, s.browser)
	if err != nil {
		c.shoot(s)
		return err
	}
	parts, err := cost.FindParts(s.display)
	if err != nil {
		return err
	}
	if s.server != nil {
		parts["server"] = []machine.Process{s.server.Process()}
	}
	if err := cost.Rest(ctx, c.Settle); err != nil {
		return err
	}
	idle, idleSeconds, err := cost.During(ctx, parts, s.browser, func(ctx context.Context) error {
		return cost.Rest(ctx, c.Idle)
	})
	if err != nil {
		return err
	}
	var active cost.Rates
	var activeSeconds float64
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		active, activeSeconds, err = cost.During(ctx, parts, s.browser, func(ctx context.Context) error {
			return cost.Draw(ctx, s.browser, spots, c.Active)
		})
		return err
	})
	c.shoot(s)
	if err != nil {
		return err
	}
	report := cost.NewReport(idle, active, [2]float64{idleSeconds, activeSeconds})
	report.Size, report.Machine, report.Commit = s.size(), s.machine, machine.Commit()
	if c.JSON {
		return printJSON(report)
	}
	_, err = fmt.Fprint(os.Stdout, report)
	return err
}
