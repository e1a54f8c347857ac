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

// offerRFB adds the session's display by RFB to a tunnel's services, until the
// returned function is called.
func offerRFB(f *flags, services map[string]tunnel.Service, logger *slog.Logger) (stop func(), err error) {
	x, err := xgb.NewConnDisplay(f.Display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", display.ErrLost, err)
	}
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
	return x.Close, nil
}
