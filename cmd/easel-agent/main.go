// Command easel-agent carries one X display into one Easel room: what changes
// goes out as video, the lease holder's hand comes in.
//
// It runs until it is told to stop, and joins again when the server is lost.
// Exit codes:
//
//	0  told to stop (SIGTERM, SIGINT); nothing is held on the display
//	1  something unexpected
//	2  bad flags or environment
//	3  the X server could not be reached, or was lost
//	4  the server refuses the token
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/jezek/xgb"

	"github.com/easel-live/easel/capture"
	"github.com/easel-live/easel/capture/codec"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/tunnel"
)

const (
	exitUnexpected  = 1
	exitUsage       = 2
	exitDisplayLost = 3
	exitRefused     = 4
)

type flags struct {
	URL      string     `env:"EASEL_URL" required:"" help:"WebSocket URL of the server, ws:// or wss://."`
	Token    string     `env:"EASEL_TOKEN" xor:"token" required:"" help:"Access token with the agent's role. Prefer the environment: flags are seen by everyone on the machine."`
	TokenAt  string     `env:"EASEL_TOKEN_FILE" name:"token-file" xor:"token" required:"" type:"path" help:"File with the token instead; waited for when it is not there yet."`
	Display  string     `env:"DISPLAY" required:"" help:"X display to carry. $$XAUTHORITY names its authority file."`
	RFB      string     `env:"EASEL_RFB" type:"path" help:"Unix socket where the X server speaks RFB; without it there is no VNC."`
	Dialect  string     `env:"EASEL_RFB_DIALECT" default:"rfb" enum:"rfb,kasmvnc" help:"The X server's dialect of RFB: rfb or kasmvnc."`
	Files    string     `env:"EASEL_WORKSPACE" type:"path" help:"Folder with the session's files; without it there are none in the browser."`
	Quota    int64      `env:"EASEL_QUOTA" default:"21474836480" help:"Bytes that the files may take; 0: no bound."`
	QuotaAt  string     `env:"EASEL_QUOTA_FILE" name:"quota-file" type:"path" help:"File with that number instead, beside the token's: it counts if it is there when the token is."`
	Tools    string     `env:"EASEL_TOOLS" type:"path" help:"Unix socket of GIMP's plug-in for tools; without it everybody paints with the same ones."`
	Images   string     `env:"EASEL_IMAGES" type:"path" help:"Unix socket of GIMP's plug-in for images; without it nothing is kept of what nobody saves."`
	FPS      int        `env:"EASEL_FPS" default:"60" help:"Most frames per second."`
	Kbps     int        `env:"EASEL_KBPS" default:"3500" help:"Bitrate of the full layer in motion, 1,000 bits per second."`
	Codecs   string     `env:"EASEL_CODECS" default:"vp9-444,vp8" help:"Codecs to offer, most preferred first: vp8, vp9, vp9-444, av1, av1-444, h264."`
	LogLevel slog.Level `env:"EASEL_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
}

func (f *flags) Validate() error {
	if _, err := codec.Parse(f.Codecs); err != nil {
		return fmt.Errorf("--codecs: %w", err)
	}
	if f.Quota < 0 {
		return errors.New("--quota: want 0 or more")
	}
	if f.FPS < 1 || f.FPS > 240 {
		return errors.New("--fps: want 1 to 240")
	}
	if f.Kbps < 100 || f.Kbps > 100_000 {
		return errors.New("--kbps: want 100 to 100000")
	}
	return nil
}

func main() {
	var f flags
	parser := kong.Must(&f, kong.Name("easel-agent"), kong.Description("Carries one X display into one Easel room."))
	if _, err := parser.Parse(os.Args[1:]); err != nil {
		parser.Errorf("%s", err)
		os.Exit(exitUsage)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: f.LogLevel}))
	xgb.Logger = log.New(io.Discard, "", 0) // what matters comes back as an error

	codecs, err := codec.Parse(f.Codecs) // Validate has
	if err != nil {
		parser.Errorf("%s", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err = awaitToken(ctx, &f); err == nil {
		err = run(ctx, &f, codecs, logger)
	}
	if err != nil {
		logger.Error("stopped", "error", err)
	}
	os.Exit(exitCode(err))
}

// run streams the display and keeps the tunnel up; when one of them can't go on,
// neither does the other.
func run(ctx context.Context, f *flags, codecs []codec.Codec, logger *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tunnelled := make(chan error, 1)
	stats := new(capture.Stats)
	go func() {
		defer stop()
		tunnelled <- serveTunnel(ctx, f, stats, logger)
	}()
	err := capture.RunAgent(ctx, capture.AgentConfig{
		Display: f.Display, URL: f.URL, Token: f.Token, Tools: f.Tools,
		Options: capture.Options{Renditions: capture.Renditions(codecs), FPS: f.FPS, Kbps: f.Kbps, Stats: stats, Log: logger},
	})
	stop()
	return errors.Join(err, <-tunnelled)
}

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, display.ErrLost):
		return exitDisplayLost
	case errors.Is(err, client.ErrRefused), errors.Is(err, tunnel.ErrRefused):
		return exitRefused
	default:
		return exitUnexpected
	}
}
