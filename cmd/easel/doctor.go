package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/sfu/socket"
)

// doctorCommand looks for what would keep a server with these settings from working.
type doctorCommand struct{ serveCommand }

// errSick says that something must be done before serving.
var errSick = errors.New("something must be done first")

// finding is what one check came to; the zero value is health.
type finding struct {
	said  string // what was found
	to    string // what to do; empty: nothing
	fatal bool   // it can't be served so
}

func fine(format string, a ...any) finding { return finding{said: fmt.Sprintf(format, a...)} }

func ill(err error, to string) finding { return finding{said: err.Error(), to: to, fatal: true} }

// Run checks everything and prints what to do; the error is for the exit code.
func (c doctorCommand) Run(ctx context.Context) error { return c.examine(ctx, os.Stdout) }

func (c doctorCommand) examine(ctx context.Context, out io.Writer) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	sick := false
	for _, check := range []struct {
		name string
		look func() finding
	}{
		{"data directory", func() finding { return checkData(dir) }},
		{"page's port", func() finding { return checkTCP(dir, c.Addr, "EASEL_ADDR") }},
		{"media over UDP", func() finding { return c.checkUDP(dir) }},
		{"media over TCP", func() finding { return c.checkMediaTCP(dir) }},
		{"TURN", func() finding { return c.checkTURN(dir) }},
		{"TLS", func() finding { return c.checkTLS(dir) }},
		{"DNS", func() finding { return c.checkDNS(ctx) }},
		{"agent, encoders", func() finding { return c.checkAgent(ctx) }},
		{"X server", func() finding {
			return checkProgram("X server", "install tigervnc-standalone-server, or set EASEL_XSERVER", c.XServer, "Xkasmvnc", "Xvnc")
		}},
		{"GIMP", func() finding { return checkProgram("GIMP", "install gimp", "gimp") }},
		{"window manager", func() finding { return checkProgram("window manager", "install openbox", "openbox") }},
	} {
		f := check.look()
		mark := "ok  "
		switch {
		case f.fatal:
			mark, sick = "FAIL", true
		case f.to != "":
			mark = "warn"
		}
		fmt.Fprintf(out, "%s  %-16s %s\n", mark, check.name, f.said)
		if f.to != "" {
			fmt.Fprintf(out, "      %-16s → %s\n", "", f.to)
		}
	}
	if sick {
		return errSick
	}
	return nil
}

// checkData sees whether the server could write, and others not read.
func checkData(dir string) finding {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return ill(err, "make it writable for this user, or set EASEL_DATA")
	}
	probe, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return ill(err, "make it writable for this user, or set EASEL_DATA")
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return ill(err, "look at the disk")
	}
	info, err := os.Stat(dir)
	if err != nil {
		return ill(err, "look at the disk")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return finding{fmt.Sprintf("%s may be written by others (%v)", dir, info.Mode().Perm()), "chmod go-w " + dir, true}
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err == nil && disk.Bavail*uint64(disk.Bsize) < 1<<30 {
		return finding{fmt.Sprintf("%s has %d MiB left", dir, disk.Bavail*uint64(disk.Bsize)>>20), "make room for people's pictures", false}
	}
	return fine("%s", dir)
}

// serving says whether a server runs on the data directory: its ports are taken
// by right then.
func serving(dir string) bool {
	conn, err := net.DialTimeout("unix", localSocket(dir), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func checkTCP(dir, addr, setting string) finding {
	l, err := net.Listen("tcp", addr)
	switch {
	case err != nil && serving(dir):
		return fine("%s, taken by the server that runs", addr)
	case err != nil:
		return ill(err, setting+" chooses another")
	}
	defer l.Close()
	return fine("%s is free", l.Addr())
}

// checkUDP sends a datagram through a socket like that of media.
func (c doctorCommand) checkUDP(dir string) finding {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return ill(err, "EASEL_ADDR is host:port")
	}
	at, err := net.ResolveUDPAddr("udp", net.JoinHostPort(host, fmt.Sprint(c.UDPPort)))
	if err != nil {
		return ill(err, "EASEL_ADDR is host:port")
	}
	if at.IP == nil {
		at.IP = net.IPv6unspecified
	}
	conn, err := socket.Listen(netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), c.UDPPort), socket.Options{})
	if err != nil {
		if serving(dir) {
			return fine("%s, taken by the server that runs", at)
		}
		return ill(err, "EASEL_UDP_PORT chooses another port")
	}
	defer conn.Close()
	to := *conn.LocalAddr().(*net.UDPAddr)
	if to.IP.IsUnspecified() {
		to.IP = net.IPv4(127, 0, 0, 1)
	}
	from, err := net.DialUDP("udp", nil, &to)
	if err != nil {
		return ill(err, "let UDP through on this machine's own addresses")
	}
	defer from.Close()
	if _, err := from.Write([]byte("doctor")); err != nil {
		return ill(err, "let UDP through on this machine's own addresses")
	}
	p := make([]byte, 1500)
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return ill(err, "report this")
	}
	if n, _, err := conn.ReadFrom(p); err != nil || !bytes.Equal(p[:n], []byte("doctor")) {
		return finding{fmt.Sprintf("a datagram to %s did not arrive", &to), "let UDP through this machine's firewall", true}
	}
	if mode := conn.Mode(); mode != socket.Segmented {
		return finding{fmt.Sprintf("%s receives; it sends by %s", &to, mode), "a kernel with UDP segmentation (Linux 4.18) makes forwarding several times cheaper", false}
	}
	return fine("%s receives; segmentation works", &to)
}

// checkMediaTCP looks at the port of ICE-TCP. That the default is taken keeps
// nobody from serving.
func (c doctorCommand) checkMediaTCP(dir string) finding {
	host, _, err := net.SplitHostPort(c.Addr)
	switch {
	case err != nil:
		return ill(err, "EASEL_ADDR is host:port")
	case c.TCPPort == 0:
		return fine("switched off by EASEL_TCP_PORT")
	case c.TCPPort > 0:
		return checkTCP(dir, net.JoinHostPort(host, fmt.Sprint(c.TCPPort)), "EASEL_TCP_PORT")
	}
	f := checkTCP(dir, net.JoinHostPort(host, fmt.Sprint(defaultTCPPort)), "EASEL_TCP_PORT")
	f.fatal = false
	return f
}

// checkTURN looks at the ports of the embedded TURN server.
func (c doctorCommand) checkTURN(dir string) finding {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return ill(err, "EASEL_ADDR is host:port")
	}
	at := func(port uint16, setting string) finding {
		return checkTCP(dir, net.JoinHostPort(host, fmt.Sprint(port)), setting)
	}
	switch secure := c.TLSCert != "" || len(c.ACMEHosts) > 0; {
	case c.TURN.TLSPort != 0:
		if f := at(c.TURN.TLSPort, "EASEL_TURN_TLS_PORT"); f.fatal {
			return f
		}
		return at(c.TURN.Port, "EASEL_TURN_PORT")
	case c.TURN.Port != 0:
		return at(c.TURN.Port, "EASEL_TURN_PORT")
	case secure && c.TURN.Page:
		return fine("at the page's port, inside its TLS")
	case len(c.TURN.URLs) > 0:
		return fine("elsewhere: %s", strings.Join(c.TURN.URLs, ", "))
	default:
		return fine("none; the canvas comes by VNC where media cannot pass")
	}
}

func (c doctorCommand) checkTLS(dir string) finding {
	r, err := c.reach(dir, "http://"+c.Addr, slog.New(slog.DiscardHandler))
	if err == nil {
		err = c.TURN.check(r.tls != nil)
	}
	if err != nil {
		return ill(err, "mend the setting that is named")
	}
	host, _, _ := net.SplitHostPort(c.Addr)
	ip := net.ParseIP(host)
	if r.tls == nil && !strings.HasPrefix(r.url, "https:") && !(ip != nil && ip.IsLoopback()) && host != "localhost" {
		return finding{"plain HTTP for other machines: no clipboard, no keyboard lock, passwords readable", "set EASEL_TLS_CERT or EASEL_ACME_HOSTS, or EASEL_PUBLIC_URL=https://… behind a proxy", false}
	}
	return fine("people come by %s", r.url)
}

// checkDNS looks up the names that people's browsers are told.
func (c doctorCommand) checkDNS(ctx context.Context) finding {
	names := append([]string(nil), c.ACMEHosts...)
	if u, err := url.Parse(c.URL); err == nil && u.Hostname() != "" {
		names = append(names, u.Hostname())
	}
	if c.TURN.Host != "" {
		names = append(names, c.TURN.Host)
	}
	if len(names) == 0 {
		return fine("no names to look up")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, name := range names {
		if _, err := net.DefaultResolver.LookupHost(ctx, name); err != nil {
			return ill(err, "add a record for "+name+", or mend EASEL_PUBLIC_URL, EASEL_ACME_HOSTS or EASEL_TURN_HOST")
		}
	}
	return fine("%s found", strings.Join(names, ", "))
}

// checkAgent starts the agent as far as its libraries: an encoder that is
// missing keeps it from starting.
func (c doctorCommand) checkAgent(ctx context.Context) finding {
	path := c.Agent
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return ill(err, "set EASEL_AGENT")
		}
		path = filepath.Join(filepath.Dir(self), "easel-agent")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--help").CombinedOutput()
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return ill(fmt.Errorf("%s: %w %s", path, err, said), "build it and install the libraries it names (libvpx, libaom, libx264), or set EASEL_AGENT")
	}
	return fine("%s starts with its encoders", path)
}

func checkProgram(what, to string, names ...string) finding {
	for _, name := range names {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return fine("%s", path)
		}
	}
	return finding{"no " + what + " found", to, true}
}
