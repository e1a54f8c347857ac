package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/latency"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

type latencyCommand struct {
	subjectFlags
	Target   string        `enum:"toggle,pattern,gimp" default:"toggle" help:"What is pressed on: toggle (the whole display black or white), pattern (text-like detail), gimp (a dab of the pencil)."`
	Via      string        `enum:",webrtc-udp,webrtc-tcp,turn,vnc" default:"" help:"Measure this way to the canvas: webrtc-udp, webrtc-tcp, turn or vnc; default the one the page takes by itself."`
	N        int           `default:"100" help:"Presses that count."`
	Warmup   int           `default:"10" help:"Presses before, that do not."`
	Gap      time.Duration `default:"150ms" help:"Shortest time between presses; up to as much again is added at random."`
	Timeout  time.Duration `default:"2s" help:"How long a press may take to show."`
	Samples  string        `help:"Write every sample to this file, one JSON object per line, times in milliseconds of the page." type:"path"`
	Straight bool          `help:"Compare stock noVNC by the gateway with stock noVNC straight at the same X server, in turns."`
	NoVNC    string        `name:"novnc" default:"client/node_modules/@novnc/novnc" type:"path" help:"Where noVNC's npm package is, for --straight."`
	Floor    int           `default:"40" help:"Presses on a local canvas of the same browser, for the measurement's floor."`
}

// Run measures and prints.
func (c latencyCommand) Run(ctx context.Context) (err error) {
	if c.Straight {
		return c.compare(ctx)
	}
	s, err := c.open(ctx, c.Floor, c.Via)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := c.way(s); err != nil {
		return err
	}
	surface, done, err := c.surface(ctx, s)
	if err != nil {
		c.shoot(s)
		return err
	}
	defer func() { err = errors.Join(err, done()) }()

	var samples []browser.Sample
	var missed int
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		samples, missed, err = latency.Run(ctx, s.browser, surface, latency.Options{
			N: c.N, Warmup: c.Warmup, Gap: c.Gap, Timeout: c.Timeout})
		return err
	})
	c.shoot(s)
	if err := errors.Join(err, c.save(samples)); err != nil {
		return err
	}
	way, err := c.way(s)
	if err != nil {
		return err
	}
	if s.picture, err = s.browser.Picture(); err != nil {
		return err
	}
	report := latency.NewReport(samples, missed)
	report.Target, report.Via, report.Codec, report.Size = c.Target, way.Via(), way.Codec, s.size()
	report.Floor = stats.Summarize(s.floor).Rounded(2)
	report.Machine, report.Commit = s.machine, machine.Commit()
	if c.JSON {
		return printJSON(report)
	}
	return report.Print(os.Stdout)
}

// errWay says that the page shows the canvas by another way than was asked for.
var errWay = errors.New("the page took another way")

// way is how the picture arrives now, which must be the way that was asked for.
func (c latencyCommand) way(s *subject) (browser.Transport, error) {
	way, err := s.browser.Transport()
	if err == nil && c.Via != "" && way.Via() != c.Via {
		err = fmt.Errorf("--via %s: %w: %s", c.Via, errWay, way.Via())
	}
	return way, err
}

// save writes the samples if that was asked for.
func (c latencyCommand) save(samples []browser.Sample) error {
	if c.Samples == "" {
		return nil
	}
	file, err := os.Create(c.Samples)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(file)
	for _, s := range samples {
		if err := lines.Encode(s); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

// surface makes what is pressed on; done takes it away again.
func (c latencyCommand) surface(ctx context.Context, s *subject) (_ latency.Surface, done func() error, err error) {
	if c.Target == "gimp" {
		pencil, err := latency.NewPencil(ctx, s.browser)
		return pencil, func() error { return nil }, err
	}
	window, err := startTarget(ctx, s.display, c.Target == "pattern")
	if err != nil {
		return nil, nil, err
	}
	return latency.Toggle{}, window.stop, nil
}
