package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/latency"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/novnc"
)

// rounds is how often both ways are measured in turns.
const rounds = 5

// errNoRFB says that an X server serves no RFB where that can be found.
var errNoRFB = errors.New("the display's X server has no RFB socket")

// straightReport compares stock noVNC through the gateway with stock noVNC
// straight at the same X server.
type straightReport struct {
	Gateway    latency.Report `json:"gateway"`
	Straight   latency.Report `json:"straight"`
	AddedP50MS float64        `json:"added_p50_ms"`
}

// straightLine is one of the two.
type straightLine struct {
	at      string // WebSocket URL
	samples []browser.Sample
	missed  int
}

// compare measures both, in turns, in one browser.
func (c latencyCommand) compare(ctx context.Context) (err error) {
	if err := os.Setenv("EASEL_ORIGINS", "*"); err != nil { // noVNC's page is not the server's
		return err
	}
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.server == nil {
		return errOwnServer
	}
	socket, err := rfbSocket(s.display)
	if err != nil {
		return err
	}
	page, err := novnc.Serve(c.NoVNC, socket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	token, err := s.server.Token(ctx, s.room, "bench", "owner")
	if err != nil {
		return err
	}
	window, err := startTarget(ctx, s.display, c.Target == "pattern")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, window.stop()) }()

	gateway := &straightLine{at: "ws" + strings.TrimPrefix(s.server.URL, "http") + "/rfb?access_token=" + url.QueryEscape(token)}
	straight := &straightLine{at: page.Straight()}
	turn := []*straightLine{gateway, straight}
	s.machine.IdleDuring, err = idleDuring(ctx, func() error {
		for range rounds {
			for _, l := range turn {
				if err := c.press(ctx, s, page, l); err != nil {
					return fmt.Errorf("%.20s: %w", l.at, err)
				}
			}
			slices.Reverse(turn) // neither is always the first
		}
		return nil
	})
	c.shoot(s)
	if err != nil {
		return err
	}
	report := func(l *straightLine, via string) latency.Report {
		r := latency.NewReport(l.samples, l.missed)
		r.Target, r.Via, r.Size, r.Machine, r.Commit = c.Target, via, s.size(), s.machine, machine.Commit()
		return r
	}
	out := straightReport{Gateway: report(gateway, "noVNC by the gateway"), Straight: report(straight, "noVNC straight")}
	out.AddedP50MS = out.Gateway.P50 - out.Straight.P50
	if c.JSON {
		return printJSON(out)
	}
	for _, r := range []latency.Report{out.Gateway, out.Straight} {
		fmt.Printf("%-20s  n %d (%d missed)  p50 %.1f  p95 %.1f ms\n", r.Via, r.N, r.Missed, r.P50, r.P95)
	}
	fmt.Printf("The gateway adds %.1f ms at the median; %.0f%% of the machine was idle\n", out.AddedP50MS, s.machine.IdleDuring)
	return nil
}

// press takes one round of a line.
func (c latencyCommand) press(ctx context.Context, s *subject, page *novnc.Page, l *straightLine) error {
	if err := s.browser.Open(page.URL(l.at)); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, pictureWithin)
	defer cancel()
	if _, err := s.browser.WaitPicture(wait); err != nil {
		return err
	}
	samples, missed, err := latency.Run(ctx, s.browser, latency.Toggle{}, latency.Options{
		N: max(1, c.N/rounds), Warmup: c.Warmup, Gap: c.Gap, Timeout: c.Timeout})
	l.samples, l.missed = append(l.samples, samples...), l.missed+missed
	return err
}

// rfbSocket is where the X server of a display speaks RFB.
func rfbSocket(display string) (string, error) {
	all, err := machine.ProcessesOf(display)
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if i := slices.Index(p.Args, "-rfbunixpath"); i >= 0 && i+1 < len(p.Args) {
			return p.Args[i+1], nil
		}
	}
	return "", errNoRFB
}
