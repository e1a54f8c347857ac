package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gimp"
	"github.com/easel-live/easel/bench/latency"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/screen"
	"github.com/easel-live/easel/bench/sessions"
	"github.com/easel-live/easel/bench/stats"
)

type sessionsCommand struct {
	subjectFlags
	Most  int           `default:"12" help:"Most sessions to try."`
	Limit time.Duration `default:"50ms" help:"What 95% of the presses must be within."`
	N     int           `default:"40" help:"Presses at each step."`
	Gap   time.Duration `default:"150ms" help:"Shortest time between presses; up to as much again is added at random."`
	HTML  string        `name:"html" placeholder:"FILE" help:"Write a report with plots."`
}

// Run adds session after session until the latency in the first is too long.
func (c sessionsCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	defer c.shoot(s)
	if s.server == nil {
		return errOwnServer
	}
	window, err := startTarget(ctx, s.display, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, window.stop()) }()
	report := &sessions.Report{LimitMs: float64(c.Limit) / float64(time.Millisecond), Size: s.size(), Commit: machine.Commit()}
	if err := c.climb(ctx, s, report); err != nil {
		return err
	}
	way, err := s.browser.Transport()
	if err != nil {
		return err
	}
	report.Codec, report.Machine = way.Codec, s.machine
	return deliver(report, "bin/easel-bench sessions --html FILE", c.HTML, c.JSON)
}

// climb measures with ever more sessions.
func (c sessionsCommand) climb(ctx context.Context, s *subject, report *sessions.Report) (err error) {
	var busy []*busySession
	defer func() {
		for _, b := range busy {
			err = errors.Join(err, b.close())
		}
	}()
	for n := 1; n <= c.Most; n++ {
		if n > 1 {
			b, err := startBusy(ctx, s)
			if err != nil {
				return fmt.Errorf("session %d: %w", n, err)
			}
			busy = append(busy, b)
		}
		step, err := c.step(ctx, s, busy)
		if err != nil {
			return err
		}
		if s.machine.IdleDuring = step.Idle; !report.Add(step) {
			return nil
		}
	}
	return nil
}

func (c sessionsCommand) step(ctx context.Context, s *subject, busy []*busySession) (step sessions.Step, err error) {
	step.Sessions = len(busy) + 1
	type count struct{ frames, bytes uint64 }
	before := make([]count, len(busy))
	for i, b := range busy {
		before[i].frames, before[i].bytes = b.viewer.Received()
	}
	began := time.Now()
	step.Idle, err = idleDuring(ctx, func() error {
		samples, missed, err := latency.Run(ctx, s.browser, latency.Toggle{}, latency.Options{
			N: c.N, Warmup: 5, Gap: c.Gap, Timeout: 2 * time.Second})
		r := latency.NewReport(samples, missed)
		step.P50, step.P95, step.Missed = stats.Round(r.P50, 2), stats.Round(r.P95, 2), missed
		if errors.Is(err, latency.ErrTooFew) { // far beyond any limit
			step.P95, err = 2000, nil
		}
		return err
	})
	seconds := time.Since(began).Seconds()
	for i, b := range busy {
		frames, bytes := b.viewer.Received()
		rate := float64(frames-before[i].frames) / seconds
		step.Frames += rate / float64(len(busy))
		step.KBits += float64(bytes-before[i].bytes) * 8 / 1000 / seconds / float64(len(busy))
		if i == 0 || rate < step.FewestFrame {
			step.FewestFrame = rate
		}
	}
	step.Frames, step.FewestFrame, step.KBits = stats.Round(step.Frames, 1), stats.Round(step.FewestFrame, 1), stats.Round(step.KBits, 0)
	return step, err
}

// busySession is painted in and watched until it is closed.
type busySession struct {
	truth  *screen.Screen
	viewer *sessions.Viewer
	stop   context.CancelFunc
	done   chan error
}

// startBusy starts a session of the subject's server and paints in it.
func startBusy(ctx context.Context, s *subject) (*busySession, error) {
	session, err := s.server.StartSession(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.server.Token(ctx, session.Room, "viewer", "viewer")
	if err != nil {
		return nil, err
	}
	b := &busySession{done: make(chan error, 1)}
	if b.viewer, err = sessions.Watch(ctx, "ws"+strings.TrimPrefix(s.server.URL, "http"), token); err != nil {
		return nil, err
	}
	if b.truth, err = openDisplay(session.Display); err != nil {
		return nil, errors.Join(err, b.viewer.Close())
	}
	spots, err := gimp.NewImage(ctx, b.truth)
	if err != nil {
		return nil, errors.Join(err, b.viewer.Close(), b.truth.Close())
	}
	painting, stop := context.WithCancel(ctx)
	b.stop = stop
	go func() { b.done <- cost.Draw(painting, screen.Sketch{Screen: b.truth}, spots, 24*time.Hour) }()
	return b, nil
}

// close ends painting and watching; the session ends with its server.
func (b *busySession) close() error {
	b.stop()
	err := <-b.done
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, b.viewer.Close(), b.truth.Close())
}
