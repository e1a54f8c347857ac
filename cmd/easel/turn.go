package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/turn"
)

// turnFlags say which TURN servers people's browsers may go through.
type turnFlags struct {
	Port    uint16   `env:"EASEL_TURN_PORT" name:"turn-port" help:"UDP and TCP port of the embedded TURN server; 0 switches it off."`
	TLSPort uint16   `env:"EASEL_TURN_TLS_PORT" name:"turn-tls-port" help:"Its port for TLS, with the server's certificate; 0: none."`
	Page    bool     `env:"EASEL_TURN_PAGE" name:"turn-page" default:"true" negatable:"" help:"Take TURN clients inside the TLS of the page's port, too."`
	Host    string   `env:"EASEL_TURN_HOST" name:"turn-host" help:"Name or address that browsers reach it at; default the host of EASEL_PUBLIC_URL."`
	URLs    []string `env:"EASEL_TURN_URLS" name:"turn-urls" help:"URLs of other TURN servers, such as turns:turn.example.com:443?transport=tcp."`
	Secret  string   `env:"EASEL_TURN_SECRET" name:"turn-secret" help:"Secret that they share with us (coturn: static-auth-secret)."`
}

// turnTTL is how long credentials allow new allocations: a session's day. A
// participant who comes back has new ones.
const turnTTL = 12 * time.Hour

func (f turnFlags) check(secure bool) error {
	switch {
	case len(f.URLs) > 0 && f.Secret == "":
		return errors.New("EASEL_TURN_URLS needs the secret that the servers share with us: EASEL_TURN_SECRET")
	case f.TLSPort != 0 && !secure:
		return errors.New("EASEL_TURN_TLS_PORT needs a certificate: EASEL_TLS_CERT or EASEL_ACME_HOSTS")
	case f.TLSPort != 0 && f.Port == 0:
		return errors.New("EASEL_TURN_TLS_PORT belongs to the embedded TURN server, which EASEL_TURN_PORT switches on")
	}
	return nil
}

// relay is the embedded TURN server, if there is one, and whom browsers are told of.
type relay struct {
	server *turn.Server // nil: none
	urls   []string     // its own
	secret string       // of our own
	flags  turnFlags
}

// openRelay starts the embedded TURN server if that is wanted, before the media
// socket at media.
func openRelay(cfg config, media netip.AddrPort, metrics prometheus.Registerer, log *slog.Logger) (*relay, error) {
	r := &relay{flags: cfg.turn, secret: rand.Text()}
	if cfg.turn.Port == 0 && cfg.relayed == nil {
		return r, nil
	}
	peers, err := announced(cfg, media.Addr())
	if err != nil {
		return nil, err
	}
	at := func(port uint16) netip.AddrPort {
		if port == 0 {
			return netip.AddrPort{}
		}
		return netip.AddrPortFrom(cfg.udp.Addr(), port)
	}
	if media.Addr().IsUnspecified() {
		media = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), media.Port())
	}
	public := media.Addr()
	if len(cfg.reach.external) > 0 {
		public = cfg.reach.external[0]
	}
	r.server, err = turn.Listen(turn.Config{
		Addr: at(cfg.turn.Port), TLSAddr: at(cfg.turn.TLSPort), TLS: cfg.reach.tls, Within: cfg.relayed, Secret: r.secret,
		Media: media, Public: public, Peers: func(a netip.Addr) bool { return peers[a] }, Metrics: metrics,
	})
	if err != nil {
		return nil, fmt.Errorf("%w; EASEL_TURN_PORT and EASEL_TURN_TLS_PORT choose other ports", err)
	}
	if r.urls, err = r.named(cfg); err != nil {
		return nil, errors.Join(err, r.server.Close())
	}
	log.Info("TURN open", "urls", r.urls)
	return r, nil
}

// named are the URLs of the embedded server as browsers reach it.
func (r *relay) named(cfg config) (urls []string, err error) {
	page, err := url.Parse(cfg.reach.url)
	if err != nil {
		return nil, err
	}
	host := cfg.turn.Host
	if host == "" {
		host = page.Hostname()
	}
	add := func(scheme, port, transport string) {
		urls = append(urls, scheme+":"+net.JoinHostPort(host, port)+"?transport="+transport)
	}
	if addr := r.server.Addr(); addr.IsValid() {
		port := strconv.Itoa(int(addr.Port()))
		add("turn", port, "udp")
		add("turn", port, "tcp")
	}
	if addr := r.server.TLSAddr(); addr.IsValid() {
		add("turns", strconv.Itoa(int(addr.Port())), "tcp")
	}
	if cfg.relayed != nil {
		host = page.Hostname()
		add("turns", cmp.Or(page.Port(), "443"), "tcp")
	}
	return urls, nil
}

// announced are the addresses that media is announced at.
func announced(cfg config, bound netip.Addr) (map[netip.Addr]bool, error) {
	found := make(map[netip.Addr]bool)
	for _, a := range cfg.reach.external {
		found[a] = true
	}
	if !bound.IsUnspecified() {
		found[bound] = true
		return found, nil
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			found[p.Addr().Unmap()] = true
		}
	}
	return found, nil
}

// servers are what a participant is told.
func (r *relay) servers(identity string) []*livekit.ICEServer {
	var all []*livekit.ICEServer
	add := func(urls []string, secret string) {
		if len(urls) > 0 {
			c := turn.Mint(secret, identity, time.Now().Add(turnTTL))
			all = append(all, &livekit.ICEServer{Urls: urls, Username: c.Username, Credential: c.Password})
		}
	}
	add(r.urls, r.secret)
	add(r.flags.URLs, r.flags.Secret)
	return all
}

func (r *relay) close() error {
	if r.server == nil {
		return nil
	}
	return r.server.Close()
}
