package main

import (
	"context"
	"errors"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gstreamer"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/quality"
	"github.com/easel-live/easel/bench/screen"
)

type qualityCommand struct {
	subjectFlags
	Samples int           `default:"12" help:"Moments of a stroke under way that are looked at."`
	Rounds  int           `default:"2" help:"Times that the picture comes to rest."`
	Rest    time.Duration `default:"3500ms" help:"How long it rests each time."`
	Settle  time.Duration `default:"4s" help:"Rest before the first figure, so that start-up is over."`
	Idle    time.Duration `default:"4s" help:"How long nothing is done, for bit rate and processor time."`
	Active  time.Duration `default:"8s" help:"Painting without a look, for the same."`
	Shown   time.Duration `default:"80ms" help:"How long the last frames of a movement may take to the viewer."`
	Peer    string        `enum:"gstreamer,none" default:"gstreamer" help:"Show the same display through GStreamer as well, as neko does and at Easel's rates, and compare: gstreamer (left out when it is not installed) or none."`
	HTML    string        `name:"html" placeholder:"FILE" help:"Write a report with plots and pictures."`
}

// Run paints on a colourful picture in GIMP and compares what the browser shows
// with the X screen.
func (c qualityCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	defer c.shoot(s)
	study, err := c.study(ctx, s)
	if err != nil {
		return err
	}
	report := quality.Report{Size: s.size(), Commit: machine.Commit()}
	s.machine.IdleDuring, err = idleDuring(ctx, func() (err error) {
		report.Result, err = c.look(ctx, s, study)
		return err
	})
	if err != nil {
		return err
	}
	report.Machine = s.machine
	if report, err = c.compare(ctx, s, study, report); err != nil {
		return err
	}
	return deliver(report, "bin/easel-bench quality --html FILE", c.HTML, c.JSON)
}

// study opens the artwork and makes everything ready for a look at Easel.
func (c qualityCommand) study(ctx context.Context, s *subject) (quality.Study, error) {
	spots, err := openArtwork(ctx, s)
	if err != nil {
		return quality.Study{}, err
	}
	truth, err := openScreen(s)
	if err != nil {
		return quality.Study{}, err
	}
	parts, err := cost.FindParts(s.display)
	if err != nil {
		return quality.Study{}, err
	}
	return quality.Study{
		Viewer: s.browser, Screen: screen.Sketch{Screen: truth}, Application: parts["gimp"], Spots: spots, Parts: parts, Encoder: "agent",
		Options: quality.Options{
			Samples: c.Samples, Rounds: c.Rounds, Rest: c.Rest, Idle: c.Idle, Active: c.Active, Shown: c.Shown,
		},
	}, nil
}

func (c qualityCommand) look(ctx context.Context, s *subject, study quality.Study) (*quality.Result, error) {
	if err := rest(ctx, c.Settle); err != nil {
		return nil, err
	}
	result, err := study.Run(ctx)
	if err != nil {
		return nil, err
	}
	way, err := s.browser.Transport()
	result.Codec = way.Codec
	return result, err
}

// peerPatience is how much longer GStreamer's last frame of a movement may take:
// it encodes on a clock and Chromium buffers it. What it refines meanwhile counts
// for it.
const peerPatience = 4

// compare looks at the same display through GStreamer, as neko runs it and then
// with the bit rate and frame rate that Easel had.
func (c qualityCommand) compare(ctx context.Context, s *subject, study quality.Study, r quality.Report) (quality.Report, error) {
	if c.Peer == "none" || !hasGStreamer() {
		return r, nil
	}
	var err error
	if r.Peer, err = c.peer(ctx, s, study, gstreamer.Options{}); err != nil {
		return r, err
	}
	equal, err := c.peer(ctx, s, study, likeEasel(r.Active))
	if err != nil {
		return r, err
	}
	return r.Compared(equal), nil
}

// peer looks through one pipeline: nobody watches Easel then, and it encodes
// nothing.
func (c qualityCommand) peer(ctx context.Context, s *subject, study quality.Study, opts gstreamer.Options) (_ *quality.Result, err error) {
	peer, err := watchPeer(ctx, s, opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	study.Encoder = "gstreamer"
	study.Options.Shown *= peerPatience
	study.Parts = cost.Parts{"gstreamer": {peer.Process()}, "x": study.Parts["x"], "gimp": study.Parts["gimp"]}
	return c.look(ctx, s, study)
}
