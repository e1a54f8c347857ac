package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/api"
	"github.com/easel-live/easel/api/access"
)

// greet tells who started the server how to get in. The first time it makes
// the password; later a one-time link is printed only where nobody else reads
// along: on a terminal.
func (s *server) greet(out io.Writer, url string) error {
	fmt.Fprintf(out, "\n  Easel:     %s\n", url)
	first := !s.store.HasPassword()
	if first {
		password := access.NewPassword()
		if err := s.store.SetPassword(password); err != nil {
			return err
		}
		fmt.Fprintf(out, "  Password:  %s\n", password)
	}
	if first || isTerminal(out) {
		link, err := s.store.NewLink(time.Now(), api.LinkTTL)
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
