package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/easel-live/easel/capture"
	"github.com/easel-live/easel/tunnel"
	"github.com/easel-live/easel/vitals"
)

// serveTunnel offers what the agent has besides the picture, through the
// tunnel, until ctx ends or the server refuses the token.
func serveTunnel(ctx context.Context, f *flags, stats *capture.Stats, logger *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	services := map[string]tunnel.Service{vitals.Service: vitals.Serve(takeVitals(stats))}
	if f.RFB != "" {
		stop, err := offerRFB(f, services, logger)
		if err != nil {
			return err
		}
		defer stop()
	}
	failed := make(chan error, 1)
	if f.Files != "" {
		serve, err := offerFiles(f, services, logger)
		if err != nil {
			return err
		}
		go func() {
			defer cancel()
			failed <- serve(ctx)
		}()
	} else {
		failed <- nil
	}
	err := tunnel.Run(ctx, tunnel.AgentConfig{URL: f.URL, Token: f.Token, Services: services, Log: logger})
	cancel()
	return errors.Join(err, <-failed)
}
