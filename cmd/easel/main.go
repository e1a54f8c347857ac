// Command easel is the Easel server and the tool that operates it.
//
// easel serve runs everything on one machine: HTTP with the web app and REST,
// the LiveKit endpoint, the forwarding unit and the sessions. The other commands
// talk to the server of this machine over a unix socket in its data directory.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "development"

type commands struct {
	Serve    serveCommand     `cmd:"" help:"Run the server."`
	Doctor   doctorCommand    `cmd:"" help:"Check what serving needs and print what to do; takes the settings of serve."`
	Session  sessionCommands  `cmd:"" help:"Start, list, end and share the sessions of this machine's server."`
	User     userCommands     `cmd:"" help:"Make, list, change and remove accounts."`
	Team     teamCommands     `cmd:"" help:"Make, list, change and remove teams."`
	Plan     planCommands     `cmd:"" help:"Show the plans that accounts can have."`
	Usage    usageCommand     `cmd:"" help:"Print what everybody used in a month, as CSV for billing."`
	Backup   backupCommands   `cmd:"" help:"Take, list, restore and verify backups of workspaces and the server's state."`
	Password passwordCommand  `cmd:"" help:"Make a new password and a one-time login link for an account; ends its logins."`
	APIToken apiTokenCommands `cmd:"" name:"api-token" help:"Make, list and revoke API tokens for programs."`
	Token    tokenCommand     `cmd:"" help:"Print a LiveKit access token for a room."`
	Version  versionCommand   `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println("easel", version)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("easel"), kong.UsageOnError(),
		kong.Description("GIMP in any browser, together."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "easel:", err)
		stop()
		os.Exit(1)
	}
}
