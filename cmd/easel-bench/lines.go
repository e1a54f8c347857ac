package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/lines"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/relay"
	"github.com/easel-live/easel/bench/relay/detour"
	"github.com/easel-live/easel/bench/screen"
)

type linesCommand struct {
	subjectFlags
	Only string `help:"Only lines whose name has this in it."`
	Seed uint64 `default:"1" help:"Of the packets that get lost."`
	HTML string `name:"html" placeholder:"FILE" help:"Write a report with plots."`
}

var errOnly = errors.New("no line has that name")

// Run has one browser watch over one line after the other.
func (c linesCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	defer c.shoot(s)
	if s.server == nil {
		return errOwnServer
	}
	spots, err := openArtwork(ctx, s)
	if err != nil {
		return err
	}
	truth, err := openScreen(s)
	if err != nil {
		return err
	}
	painting, stop := context.WithCancel(ctx)
	painted := make(chan error, 1)
	go func() { painted <- cost.Draw(painting, screen.Sketch{Screen: truth}, spots, time.Hour) }()
	defer func() {
		stop()
		if ended := <-painted; !errors.Is(ended, context.Canceled) {
			err = errors.Join(err, ended)
		}
	}()
	report := &lines.Report{Commit: machine.Commit()}
	s.machine.IdleDuring, err = idleDuring(ctx, func() error { return c.all(ctx, s, report) })
	if err != nil {
		return err
	}
	report.Size, report.Machine = s.size(), s.machine
	return deliver(report, "bin/easel-bench lines --html FILE", c.HTML, c.JSON)
}

func (c linesCommand) all(ctx context.Context, s *subject, report *lines.Report) error {
	for _, l := range lines.All() {
		if !strings.Contains(l.Name, c.Only) {
			continue
		}
		record, codec, err := c.one(ctx, s, l)
		if err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
		report.Codec = codec
		report.Add(l, record)
	}
	if len(report.Lines) == 0 {
		return fmt.Errorf("--only %q: %w", c.Only, errOnly)
	}
	return nil
}

// one joins anew, through a relay of its own.
func (c linesCommand) one(ctx context.Context, s *subject, l lines.Line) (_ *lines.Record, codec string, err error) {
	way, err := detour.Open(s.server.URL, relay.Options{Seed: c.Seed})
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, way.Close()) }()
	link, err := s.server.Link(ctx, s.session, "owner")
	if err != nil {
		return nil, "", err
	}
	link = strings.Replace(link, s.server.URL, "http"+strings.TrimPrefix(way.URL(), "ws"), 1)
	if err := s.browser.Open(link); err != nil {
		return nil, "", err
	}
	wait, cancel := context.WithTimeout(ctx, pictureWithin)
	defer cancel()
	if _, err := s.browser.WaitPicture(wait); err != nil {
		return nil, "", err
	}
	record, err := lines.Run(ctx, s.browser, way, l)
	if err != nil {
		return nil, "", err
	}
	stats, err := s.browser.Transport()
	return record, stats.Codec, err
}
