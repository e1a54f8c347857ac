package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/quality"
	"github.com/easel-live/easel/bench/screen"
)

type qualityCommand struct {
	subjectFlags
	Samples int           `default:"15" help:"Moments of a stroke under way that are looked at."`
	Rounds  int           `default:"3" help:"Times that the picture comes to rest."`
	Rest    time.Duration `default:"4s" help:"How long it rests each time."`
	Active  time.Duration `default:"10s" help:"Painting without a look, for bit rate and processor time."`
	Shown   time.Duration `default:"80ms" help:"How long the last frames of a movement may take to the viewer."`
}

// Run paints on a colourful picture in GIMP and compares what the browser shows
// with the X screen.
func (c qualityCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	spots, err := openArtwork(ctx, s)
	if err != nil {
		c.shoot(s)
		return err
	}
	truth, err := openScreen(s)
	if err != nil {
		return err
	}
	parts, err := cost.FindParts(s.display)
	if err != nil {
		return err
	}
	study := quality.Study{Viewer: s.browser, Screen: truth, Application: parts["gimp"], Spots: spots, Parts: parts,
		Options: quality.Options{Samples: c.Samples, Rounds: c.Rounds, Rest: c.Rest, Active: c.Active, Shown: c.Shown}}
	var result *quality.Result
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		result, err = study.Run(ctx)
		return err
	})
	c.shoot(s)
	if err != nil {
		return err
	}
	way, err := s.browser.Transport()
	if err != nil {
		return err
	}
	result.Codec = way.Codec
	report := quality.Report{Result: result, Size: s.size(), Machine: s.machine, Commit: machine.Commit()}
	if c.JSON {
		return printJSON(report)
	}
	_, err = fmt.Fprint(os.Stdout, report)
	return err
}

// openScreen connects to the session's display itself.
func openScreen(s *subject) (*screen.Screen, error) {
	authority, err := authorityOf(s.display)
	if err != nil {
		return nil, err
	}
	if authority != "" {
		if err := os.Setenv("XAUTHORITY", authority); err != nil {
			return nil, err
		}
	}
	truth, err := screen.Open(s.display)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, truth.Close)
	return truth, nil
}
