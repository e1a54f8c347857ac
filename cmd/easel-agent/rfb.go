package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/fallback/pipe"
	"github.com/easel-live/easel/tunnel"
)

// runTunnel offers the session's display by RFB, through the tunnel, until ctx
// ends or the server refuses the token.
func runTunnel(ctx context.Context, f *flags, logger *slog.Logger) error {
	services := map[string]tunnel.Service{}
	if f.RFB != "" {
		x, err := xgb.NewConnDisplay(f.Display)
		if err != nil {
			return fmt.Errorf("%w: %w", display.ErrLost, err)
		}
		defer x.Close()
		rfb := pipe.Display{
			Dialect: f.Dialect, Log: logger,
			Dial: func() (net.Conn, error) { return net.Dial("unix", f.RFB) },
			// An X server reads its RFB sockets before it answers what a client
			// asked after they had something to read.
			Settled: func(context.Context) error {
				_, err := xproto.GetInputFocus(x).Reply()
				return err
			},
		}
		services[pipe.Service] = rfb.Serve
	}
	return tunnel.Run(ctx, tunnel.AgentConfig{URL: f.URL, Token: f.Token, Services: services, Log: logger})
}
