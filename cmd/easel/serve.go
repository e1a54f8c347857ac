package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/jezek/xgb"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/vault"
	"github.com/easel-live/easel/api/signon"
	"github.com/easel-live/easel/signaling/webhook"
)

type serveCommand struct {
	storeFlags
	reachFlags
	TURN     turnFlags     `embed:""`
	Signon   signonFlags   `embed:""`
	Launch   launchFlags   `embed:""`
	Addr     string        `env:"EASEL_ADDR" default:"127.0.0.1:8080" help:"Address of HTTP or https, WebSocket and the LiveKit endpoint. Media uses the same host."`
	UDPPort  uint16        `env:"EASEL_UDP_PORT" default:"7882" help:"UDP port of all media."`
	TCPPort  int           `env:"EASEL_TCP_PORT" default:"-1" help:"TCP port of media where UDP is blocked; 0 switches it off. Default 7881, or none when that is taken."`
	Agent    string        `env:"EASEL_AGENT" type:"path" help:"The agent's binary; default easel-agent beside this one."`
	XServer  string        `env:"EASEL_XSERVER" type:"path" name:"xserver" help:"The sessions' X server; default KasmVNC's Xvnc where it is installed, else TigerVNC's."`
	User     string        `env:"EASEL_USER" help:"User that sessions run as when the server is root; default easel, else nobody."`
	Secrets  string        `env:"EASEL_SECRETS_KEY_FILE" type:"path" name:"secrets-key-file" help:"File with the key that seals what people entrust to the server, 32 bytes in base64; default secrets.key in the data directory, made at the first start."`
	Backup   backupFlags   `embed:""`
	Every    time.Duration `env:"EASEL_BACKUP_EVERY" name:"backup-every" default:"0" help:"Take a backup so often, such as 24h; 0: never."`
	Webhooks []string      `env:"EASEL_WEBHOOK_URLS" name:"webhook-url" help:"URLs that are told of rooms, people and tracks, in LiveKit's signed format; commas between several."`
	Billing  string        `env:"EASEL_BILLING_URL" name:"billing-url" help:"URL that is told each day what each payer used the day before, signed as webhooks are."`
	Plans    string        `env:"EASEL_PLANS" type:"path" help:"JSON file of plans; default Free, Basic, Professional and Enterprise (easel plan list --json)."`
	Max      int           `env:"EASEL_MAX_SESSIONS" default:"32" help:"Sessions alive at once."`
	Dev      bool          `help:"Sign tokens with the well-known key pair devkey, so that stock LiveKit tools can join; loopback only."`
	LogLevel slog.Level    `env:"EASEL_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
}

// Bounds of the HTTP server. WebSockets and event streams live longer: these
// bound only how slowly a request may arrive.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 30 * time.Second
)

// defaultTCPPort is that of media over TCP, LiveKit's.
const defaultTCPPort = 7881

// Run serves until ctx ends, then shuts down in reverse.
func (c serveCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	xgb.Logger.SetOutput(io.Discard) // it misses an .Xauthority in HOME, which sessions don't use
	dir, err := c.dir()
	if err != nil {
		return err
	}
	lock, err := lockData(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w; EASEL_ADDR chooses another address", c.Addr, err)
	}
	cfg, err := c.config(dir, listener.Addr(), log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	err = serve(ctx, cfg, listener, log)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serve runs the server on its listener until ctx ends or the server fails.
func serve(ctx context.Context, cfg config, listener net.Listener, log *slog.Logger) error {
	listener, relayed := cfg.reach.front(listener)
	if cfg.turn.Page {
		cfg.relayed = relayed
	} else if relayed != nil {
		relayed.Close() // which says nothing: it is no socket
	}
	// First of all: whoever shakes hands may have to wait for a certificate, and the
	// authority may ask for the host here.
	plain, err := cfg.reach.openPlain(log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := newServer(ctx, cfg, log)
	if err != nil {
		return errors.Join(err, plain(), listener.Close())
	}
	socket, err := listenLocal(cfg.dir)
	if err != nil {
		return errors.Join(err, s.close(ctx), plain(), listener.Close())
	}
	public, local := httpServer(cfg.reach.secure(s.routes(cfg.reach)), log), httpServer(s.api.LocalHandler(), log)
	failed := make(chan error, 2)
	go func() { failed <- public.Serve(listener) }()
	go func() { failed <- local.Serve(socket) }()
	log.Info("serving", "url", cfg.reach.url, "udp", s.engine.UDPAddr(), "data", cfg.dir)
	if err := s.greet(ctx, os.Stdout, cfg.reach.url); err != nil {
		log.Error("no login link", "error", err)
	}
	s.ready.Store(true)
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.ready.Store(false)
	log.Info("stopping: sessions end")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, plain(), local.Close(), s.close(stop), public.Close())
}

func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// config is what the flags come to.
type config struct {
	dir, agent, user string
	database         string
	plans            account.Plans
	provider         *signon.Provider // nil: people have passwords only
	xserver          string
	url              string // http://host:port as this machine reaches the server
	reach            reach
	turn             turnFlags
	launch           launchFlags
	relayed          net.Listener // of TURN clients inside the page's TLS; nil: none
	udp, tcp         netip.AddrPort
	keys             keyPair
	secrets          []byte
	backups          *backupSchedule   // nil: none
	restores         *workspaceBackups // nil: none
	max              int
	webhooks         []string
	billing          string // URL; empty: nobody is told
}

func (c serveCommand) config(dir string, bound net.Addr, log *slog.Logger) (config, error) {
	addr, err := netip.ParseAddrPort(bound.String())
	if err != nil {
		return config{}, fmt.Errorf("listening address: %w", err)
	}
	host := addr.Addr().Unmap()
	if c.Dev && !host.IsLoopback() {
		return config{}, fmt.Errorf("--dev signs with a key that everybody knows, so it serves loopback only, not %s", host)
	}
	own := host
	if host.IsUnspecified() {
		own = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	out := config{
		dir: dir, database: c.database(dir), user: c.User, agent: c.Agent, xserver: c.XServer, max: c.Max, webhooks: c.Webhooks, billing: c.Billing,
		url: "http://" + netip.AddrPortFrom(own, addr.Port()).String(),
		udp: netip.AddrPortFrom(host, c.UDPPort),
	}
	if out.reach, err = c.reach(dir, out.url, log); err != nil {
		return config{}, err
	}
	if c.Billing != "" {
		if err := webhook.CheckURL(c.Billing); err != nil {
			return config{}, fmt.Errorf("EASEL_BILLING_URL: %w", err)
		}
	}
	if out.plans, err = readPlans(c.Plans); err != nil {
		return config{}, err
	}
	if out.secrets, err = vault.LoadKey(cmp.Or(c.Secrets, filepath.Join(dir, "secrets.key")), c.Secrets == ""); err != nil {
		return config{}, err
	}
	if out.backups, err = c.Backup.schedule(c.Every, dir, out.database); err != nil {
		return config{}, err
	}
	if c.Launch.Launcher == "local" { // elsewhere the files are volumes of a cluster
		out.restores = c.Backup.forPeople(dir, out.database)
	}
	if out.provider, err = c.Signon.provider(out.plans); err != nil {
		return config{}, err
	}
	if err := c.TURN.check(out.reach.tls != nil); err != nil {
		return config{}, err
	}
	out.turn, out.launch = c.TURN, c.Launch
	if c.Dev {
		out.reach.origins = []string{"*"} // stock tools' pages
	}
	if out.tcp, err = c.mediaTCP(host, log); err != nil {
		return config{}, err
	}
	if out.keys = (keyPair{Key: devKey, Secret: devSecret}); !c.Dev {
		if out.keys, err = loadKeys(dir); err != nil {
			return config{}, err
		}
	}
	if c.Launch.Launcher == "kube" {
		return out, nil // the agent is in the sessions' image
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

// mediaTCP is where media goes over TCP. Nobody asked for the default port,
// so that it is taken is no reason not to serve.
func (c serveCommand) mediaTCP(host netip.Addr, log *slog.Logger) (netip.AddrPort, error) {
	switch {
	case c.TCPPort == 0:
		return netip.AddrPort{}, nil
	case c.TCPPort > 0 && c.TCPPort <= 65535:
		return netip.AddrPortFrom(host, uint16(c.TCPPort)), nil
	case c.TCPPort != -1:
		return netip.AddrPort{}, fmt.Errorf("--tcp-port %d: want 0 to 65535", c.TCPPort)
	}
	addr := netip.AddrPortFrom(host, defaultTCPPort)
	probe, err := net.Listen("tcp", addr.String())
	if err != nil {
		log.Warn("no media over TCP: EASEL_TCP_PORT chooses another port", "error", err)
		return netip.AddrPort{}, nil
	}
	return addr, probe.Close()
}
