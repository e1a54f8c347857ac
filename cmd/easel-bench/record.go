package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/load"
)

type recordCommand struct {
	subjectFlags
	File   string        `arg:"" help:"Where to write the recording." type:"path"`
	Length time.Duration `default:"40s" help:"How long to record."`
}

var errOwnServer = errors.New("a recording is made of a server of the bench's own: not with --session or --url")

// Run paints, scrolls and rests in GIMP, and records what a viewer gets.
func (c recordCommand) Run(ctx context.Context) (err error) {
	s, err := c.open(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.server == nil {
		return errOwnServer
	}
	defer c.shoot(s)
	spots, err := openArtwork(ctx, s)
	if err != nil {
		return err
	}
	token, err := s.server.Token(ctx, s.room, "recorder", "viewer")
	if err != nil {
		return err
	}
	file, err := os.Create(c.File)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, "# milliseconds and bytes of each frame that a viewer received while GIMP was painted in; the first is a key frame"); err != nil {
		return errors.Join(err, file.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	painted := make(chan error, 1)
	go func() {
		painted <- c.paint(ctx, func(d time.Duration) error { return cost.Draw(ctx, s.browser, spots, d) })
	}()
	err = load.Record(ctx, "ws"+strings.TrimPrefix(s.server.URL, "http"), token, c.Length, file)
	cancel()
	if ended := <-painted; !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	return errors.Join(err, file.Close())
}

// paint draws for a few seconds and rests for one, until ctx ends.
func (c recordCommand) paint(ctx context.Context, draw func(time.Duration) error) error {
	for {
		if err := draw(4 * time.Second); err != nil {
			return err
		}
		if err := cost.Rest(ctx, time.Second); err != nil {
			return err
		}
	}
}
