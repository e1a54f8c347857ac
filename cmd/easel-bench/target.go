package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/jezek/xgb"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/target"
)

var errTarget = errors.New("the target window did not open")

// targetCommand is the target window as a program of its own: nothing else of
// the bench shares its process.
type targetCommand struct {
	Width   int  `help:"Of the part that changes, in pixels; 0: the display's."`
	Height  int  `help:"Of the part that changes, in pixels; 0: the display's."`
	Pattern bool `help:"Text-like detail instead of one colour."`
}

// Run shows the window until the context ends, and says when it is there.
func (c targetCommand) Run(ctx context.Context) error {
	xgb.Logger.SetOutput(io.Discard) // it reports every missing authority file and closed display
	t, err := target.Open(target.Options{Width: c.Width, Height: c.Height, Pattern: c.Pattern})
	if err != nil {
		return err
	}
	width, height := t.Size()
	fmt.Printf("target window of %dx%d\n", width, height)
	return t.Run(ctx)
}

// targetWindow is a running target.
type targetWindow struct {
	cmd *exec.Cmd
	out io.ReadCloser
}

// startTarget starts this program's target command on a session's display.
func startTarget(ctx context.Context, display string, pattern bool) (*targetWindow, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"target"}
	if pattern {
		args = append(args, "--pattern")
	}
	authority, err := authorityOf(display)
	if err != nil {
		return nil, err
	}
	w := &targetWindow{cmd: exec.CommandContext(ctx, self, args...)}
	w.cmd.Env = append(os.Environ(), "DISPLAY="+display)
	if authority != "" {
		w.cmd.Env = append(w.cmd.Env, "XAUTHORITY="+authority)
	}
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if w.out, err = w.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := bufio.NewReader(w.out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "target window") {
		return nil, errors.Join(errTarget, w.stop())
	}
	return w, nil
}

// stop ends the window.
func (w *targetWindow) stop() error {
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	var exit *exec.ExitError
	if err := w.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// authorityOf finds the authority file that the display's X server was started
// with; "" when it has none.
func authorityOf(display string) (string, error) {
	processes, err := machine.ProcessesOf(display)
	if err != nil {
		return "", err
	}
	for _, p := range processes {
		if file := p.Authority(); file != "" {
			return file, nil
		}
	}
	return "", nil
}
