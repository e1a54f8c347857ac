package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/api"
)

// greet tells who started the server how to get in. The first time it makes
// the first account; later a one-time link is printed only where nobody else
// reads along: on a terminal.
func (s *server) greet(ctx context.Context, out io.Writer, url string) error {
	fmt.Fprintf(out, "\n  Easel:     %s\n", url)
	now := time.Now()
	u, password, first, err := s.accounts.Begin(ctx, now)
	if err != nil {
		return err
	}
	if first {
		fmt.Fprintf(out, "  Name:      %s\n  Password:  %s\n", u.Name, password)
	}
	if first || isTerminal(out) {
		link, err := s.accounts.NewLink(ctx, u.ID, now)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  Log in:    %s   (works once, within a day)\n", api.LoginLink(url, link))
	}
	fmt.Fprint(out, "  A new password and link: easel password\n\n")
	return nil
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
