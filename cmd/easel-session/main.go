// Command easel-session is what runs in a session's pod: one GIMP with its
// display and its agent, by the launcher that runs sessions on one machine
// (session/local), on files that are mounted and with a token that is mounted
// too, perhaps later than GIMP is there: a warm pod waits for it.
//
// It listens on nothing. While GIMP is there a file says so, for the pod's
// probes to look at. Told to stop, it ends GIMP and then itself; when the session
// cannot go on, the reason is its last word, in the file that Kubernetes takes a
// container's last words from.
//
// Exit codes:
//
//	0  told to stop (SIGTERM, SIGINT); nothing runs any more
//	1  the session cannot go on
//	2  bad flags or environment
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jezek/xgb"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/local"
)

// endWithin is how long GIMP and the rest have to end; the pod's grace must be
// longer.
const endWithin = 20 * time.Second

// The display's first size; the browser's window soon sets another.
const firstWidth, firstHeight = 1280, 800

type flags struct {
	URL       string     `env:"EASEL_URL" required:"" help:"WebSocket URL of the server, ws:// or wss://."`
	TokenFile string     `env:"EASEL_TOKEN_FILE" required:"" type:"path" help:"File that has, or will have, the agent's access token."`
	Workspace string     `env:"EASEL_WORKSPACE" required:"" type:"path" help:"Folder of the session's files."`
	Data      string     `env:"EASEL_DATA" default:"/run/easel/data" type:"path" help:"Folder for what goes when the session goes."`
	Agent     string     `env:"EASEL_AGENT" type:"path" help:"The agent's binary; default easel-agent beside this one."`
	XServer   string     `env:"EASEL_XSERVER" type:"path" name:"xserver" help:"The X server; default KasmVNC's Xvnc where it is installed, else TigerVNC's."`
	Ready     string     `env:"EASEL_READY_FILE" default:"/run/easel/ready" type:"path" help:"File that is there while GIMP is."`
	LastWords string     `env:"EASEL_TERMINATION_LOG" default:"/dev/termination-log" type:"path" help:"File for the reason why the session cannot go on."`
	LogLevel  slog.Level `env:"EASEL_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("easel-session"), kong.Description("Runs one GIMP for a room of Easel."), kong.Exit(func(code int) {
		if code != 0 {
			code = 2
		}
		os.Exit(code)
	}))
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: f.LogLevel}))
	xgb.Logger.SetOutput(io.Discard) // what matters comes back as an error
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := f.run(ctx, log); err != nil {
		log.Error("the session cannot go on", "error", err)
		// Whoever looks at the pod reads why; the log has it in any case.
		_ = os.WriteFile(f.LastWords, []byte(err.Error()), 0o644)
		os.Exit(1)
	}
}

// run runs the session until it is told to stop or cannot go on.
func (f flags) run(ctx context.Context, log *slog.Logger) error {
	if f.Agent == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding easel-agent: %w; set EASEL_AGENT", err)
		}
		f.Agent = filepath.Join(filepath.Dir(self), "easel-agent")
	}
	launcher, err := local.New(local.Config{
		Data: f.Data, Workspace: f.Workspace, Agent: f.Agent, XServer: f.XServer,
		URL: f.URL, TokenFile: f.TokenFile, Width: firstWidth, Height: firstHeight, Log: log,
	})
	if err != nil {
		return err
	}
	p := &probed{file: f.Ready, log: log, failed: make(chan error, 1)}
	one := launcher.Launch(session.Spec{ID: "session", Room: "session"}, p)
	select {
	case err := <-p.failed:
		return err
	case <-ctx.Done():
	}
	p.away()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	return one.End(stop)
}
