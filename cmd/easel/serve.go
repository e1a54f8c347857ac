package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

type serveCommand struct {
	dataFlags
	Addr     string     `env:"EASEL_ADDR" default:"127.0.0.1:8080" help:"Address of HTTP, WebSocket and the LiveKit endpoint. Media uses the same host."`
	UDPPort  uint16     `env:"EASEL_UDP_PORT" default:"7882" help:"UDP port of all media."`
	TCPPort  uint16     `env:"EASEL_TCP_PORT" default:"7881" help:"TCP port of media where UDP is blocked; 0 switches it off."`
	Agent    string     `env:"EASEL_AGENT" type:"path" help:"The agent's binary; default easel-agent beside this one."`
	User     string     `env:"EASEL_USER" help:"User that sessions run as when the server is root; default easel, else nobody."`
	Max      int        `env:"EASEL_MAX_SESSIONS" default:"32" help:"Sessions alive at once."`
	Dev      bool       `help:"Sign tokens with the well-known key pair devkey, so that stock LiveKit tools can join; loopback only."`
	LogLevel slog.Level `env:"EASEL_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
}

// Bounds of the HTTP server. WebSockets and event streams live longer: these
// bound only how slowly a request may arrive.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 30 * time.Second
)

// Run serves until ctx ends, then shuts down in reverse.
func (c serveCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w; EASEL_ADDR chooses another address", c.Addr, err)
	}
	cfg, err := c.config(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := newServer(ctx, cfg, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	httpServer := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	log.Info("serving", "url", cfg.url, "udp", s.engine.UDPAddr())
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	log.Info("stopping: sessions end")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err = errors.Join(err, s.close(stop), httpServer.Close())
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// config is what the flags come to.
type config struct {
	dir, agent, user string
	url              string // http://host:port as this machine reaches the server
	udp, tcp         netip.AddrPort
	keys             keyPair
	max              int
}

func (c serveCommand) config(bound net.Addr) (config, error) {
	addr, err := netip.ParseAddrPort(bound.String())
	if err != nil {
		return config{}, fmt.Errorf("listening address: %w", err)
	}
	host := addr.Addr().Unmap()
	if c.Dev && !host.IsLoopback() {
		return config{}, fmt.Errorf("--dev signs with a key that everybody knows, so it serves loopback only, not %s", host)
	}
	reach := host
	if host.IsUnspecified() {
		reach = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	out := config{
		user: c.User, agent: c.Agent, max: c.Max,
		url: "http://" + netip.AddrPortFrom(reach, addr.Port()).String(),
		udp: netip.AddrPortFrom(host, c.UDPPort),
	}
	if c.TCPPort != 0 {
		out.tcp = netip.AddrPortFrom(host, c.TCPPort)
	}
	if out.dir, err = c.dir(); err != nil {
		return config{}, err
	}
	if out.keys = (keyPair{Key: devKey, Secret: devSecret}); !c.Dev {
		if out.keys, err = loadKeys(out.dir); err != nil {
			return config{}, err
		}
	}
	if out.agent == "" {
		self, err := os.Executable()
		if err != nil {
			return config{}, fmt.Errorf("finding easel-agent: %w; set EASEL_AGENT", err)
		}
		out.agent = filepath.Join(filepath.Dir(self), "easel-agent")
	}
	if _, err := os.Stat(out.agent); err != nil {
		return config{}, fmt.Errorf("the agent: %w; build it, or set EASEL_AGENT", err)
	}
	return out, nil
}
