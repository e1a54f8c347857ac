package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gstreamer"
)

// hasGStreamer says whether there is a peer to compare with, and tells when not.
func hasGStreamer() bool {
	_, err := exec.LookPath("gst-launch-1.0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "easel-bench: no comparison: gst-launch-1.0 is not installed")
	}
	return err == nil
}

// likeEasel has a pipeline keep to the rates that Easel had.
func likeEasel(r cost.Rates) gstreamer.Options {
	return gstreamer.Options{
		FrameRate: max(1, int(math.Round(r.Frames))),
		Kbps:      max(1, int(math.Round(r.KBits))),
	}
}

// watchPeer starts a pipeline on the subject's display and has the browser show
// it in the session's place.
func watchPeer(ctx context.Context, s *subject, opts gstreamer.Options) (*gstreamer.Peer, error) {
	var err error
	opts.Display = s.display
	if opts.Authority, err = authorityOf(s.display); err != nil {
		return nil, err
	}
	peer, err := gstreamer.Start(ctx, opts)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, pictureWithin)
	defer cancel()
	err = s.browser.Open(peer.URL())
	if err == nil {
		_, err = s.browser.WaitPicture(wait)
	}
	if err != nil {
		return nil, errors.Join(err, peer.Close())
	}
	return peer, nil
}
