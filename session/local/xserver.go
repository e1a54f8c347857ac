package local

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Dialects of RFB, as the agent tells the server.
const (
	plainRFB = "rfb"
	kasmRFB  = "kasmvnc"
)

// xserver is the X server that sessions get.
type xserver struct {
	path    string
	dialect string   // of its RFB
	flags   []string // besides those that every session has
}

// xservers are the names to look for, the preferred first. Debian's alternatives
// may let Xvnc be either.
var xservers = [...]string{"Xkasmvnc", "Xvnc"}

// findXServer looks for the X server: the one named, else KasmVNC's where it is
// installed, else TigerVNC's.
func findXServer(named string) (xserver, error) {
	names := xservers[:]
	if named != "" {
		names = []string{named}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		return recognise(path)
	}
	return xserver{}, fmt.Errorf("no X server: none of %s is there; EASEL_XSERVER names another", strings.Join(names, ", "))
}

// recognise asks an X server what it is.
func recognise(path string) (xserver, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	said, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	switch {
	case bytes.Contains(said, []byte("KasmVNC")):
		return xserver{path: path, dialect: kasmRFB, flags: []string{"-DisableBasicAuth"}}, nil
	case bytes.Contains(said, []byte("TigerVNC")):
		return xserver{path: path, dialect: plainRFB, flags: []string{
			"-rfbport", "-1", // no TCP for RFB either
			"-AcceptSetDesktopSize",
		}}, nil
	case err != nil:
		return xserver{}, fmt.Errorf("the X server %s: %w", path, err)
	default:
		return xserver{}, fmt.Errorf("the X server %s is neither TigerVNC's nor KasmVNC's Xvnc: %.200q", path, said)
	}
}
