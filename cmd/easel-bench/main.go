// Command easel-bench measures Easel from outside, as its users would: with a
// real server, a real GIMP and a real browser. Each measurement prints a table,
// or with --json exactly one JSON object.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/easel-live/easel/bench/report"
)

type commands struct {
	Latency  latencyCommand  `cmd:"" help:"Press in a real browser until the changed pixel is on its screen."`
	Capture  captureCommand  `cmd:"" help:"Processor time and frames of a session that rests, and of one that is drawn on."`
	Quality  qualityCommand  `cmd:"" help:"What a real browser shows against the X screen, pixel by pixel, in motion and at rest."`
	Lines    linesCommand    `cmd:"" help:"What a real browser sees of a session over lines that lose, delay and limit."`
	Load     loadCommand     `cmd:"" help:"Rooms full of viewers, on Easel or livekit-server: CPU, loss and delay of each forwarded packet."`
	Sessions sessionsCommand `cmd:"" help:"How many sessions this machine carries before a press takes too long to be seen."`
	Soak     soakCommand     `cmd:"" help:"Memory of a session that is painted in for an hour, and whether it grows."`
	Record   recordCommand   `cmd:"" help:"Record what a viewer receives of a session that is painted in, for load to replay."`
	Target   targetCommand   `cmd:"" help:"Show the window that a latency measurement presses on, on $DISPLAY."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("easel-bench"), kong.UsageOnError(),
		kong.Description("Measures Easel from outside."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "easel-bench:", err)
		stop()
		os.Exit(1)
	}
}

// outcome is what a command found out.
type outcome interface {
	fmt.Stringer
	Page(command string) report.Page
}

// deliver prints an outcome, as JSON or for people, and writes it as a page too
// if html names a file. command is how to have it again.
func deliver(o outcome, command, html string, asJSON bool) error {
	if html != "" {
		if err := o.Page(command).WriteFile(html); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(o)
	}
	_, err := fmt.Fprint(os.Stdout, o)
	return err
}

// printJSON writes the one object of a measurement.
func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
