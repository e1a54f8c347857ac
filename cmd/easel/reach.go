package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/easel-live/easel/internal/https"
)

// reachFlags say how the network reaches the server.
type reachFlags struct {
	URL           string         `env:"EASEL_PUBLIC_URL" name:"public-url" help:"The server's URL as people's browsers reach it, for the links that are printed; default from the address."`
	TLSCert       string         `env:"EASEL_TLS_CERT" name:"tls-cert" type:"path" help:"PEM file of the certificate chain; read anew when it changes."`
	TLSKey        string         `env:"EASEL_TLS_KEY" name:"tls-key" type:"path" help:"PEM file of the certificate's key."`
	ACMEHosts     []string       `env:"EASEL_ACME_HOSTS" name:"acme-hosts" help:"Get certificates for these hosts by ACME."`
	ACMEEmail     string         `env:"EASEL_ACME_EMAIL" name:"acme-email" help:"Where the certificate authority writes to."`
	ACMEDirectory string         `env:"EASEL_ACME_DIRECTORY" name:"acme-directory" help:"URL of the authority's directory; default Let's Encrypt's."`
	HTTPAddr      string         `env:"EASEL_HTTP_ADDR" name:"http-addr" help:"Address that sends plain HTTP to https and answers ACME's challenges, such as :80."`
	Proxies       []netip.Prefix `env:"EASEL_TRUSTED_PROXIES" name:"trusted-proxies" help:"Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."`
	Origins       []string       `env:"EASEL_ORIGINS" name:"origins" help:"Origins besides our own whose pages may join rooms, such as https://www.example.com; * for all."`
	ExternalIPs   []netip.Addr   `env:"EASEL_EXTERNAL_IPS" name:"external-ips" help:"Addresses that media is announced at instead of this machine's own (NAT, Kubernetes nodes)."`
}

// reach is what the flags come to.
type reach struct {
	url        string      // public
	tls        *tls.Config // nil: plain HTTP
	challenges func(http.Handler) http.Handler
	plainAddr  string
	proxies    []netip.Prefix
	origins    []string
	external   []netip.Addr
}

func (f reachFlags) reach(dir, local string, log *slog.Logger) (reach, error) {
	out := reach{
		url: strings.TrimSuffix(f.URL, "/"), plainAddr: f.HTTPAddr, proxies: f.Proxies, origins: f.Origins, external: f.ExternalIPs,
		challenges: func(next http.Handler) http.Handler { return next },
	}
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return out, errors.New("EASEL_TLS_CERT and EASEL_TLS_KEY come together")
	case f.TLSCert != "" && len(f.ACMEHosts) > 0:
		return out, errors.New("either EASEL_TLS_CERT or EASEL_ACME_HOSTS, not both")
	case f.TLSCert != "":
		files, err := https.NewFiles(f.TLSCert, f.TLSKey, log)
		if err != nil {
			return out, err
		}
		out.tls = files.Config()
	case len(f.ACMEHosts) > 0:
		acme := https.ACME{Hosts: f.ACMEHosts, Cache: filepath.Join(dir, "acme"), Email: f.ACMEEmail, Directory: f.ACMEDirectory}
		out.tls, out.challenges = acme.Config()
	case f.HTTPAddr != "":
		return out, errors.New("EASEL_HTTP_ADDR sends to https, which EASEL_TLS_CERT or EASEL_ACME_HOSTS makes")
	}
	if out.url == "" {
		out.url = f.guess(local, out.tls != nil)
	}
	if u, err := url.Parse(out.url); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" {
		return out, fmt.Errorf("EASEL_PUBLIC_URL %q: want http:// or https:// and a host", out.url)
	}
	return out, nil
}

// guess is the public URL of a server that this machine reaches at local.
func (f reachFlags) guess(local string, secure bool) string {
	if !secure {
		return local
	}
	host := strings.TrimPrefix(local, "http://")
	if len(f.ACMEHosts) > 0 {
		_, port, _ := net.SplitHostPort(host)
		host = net.JoinHostPort(f.ACMEHosts[0], port)
	}
	return "https://" + strings.TrimSuffix(host, ":443")
}

// front is the public listener, and the TURN clients that come to it: nil where it
// speaks no TLS.
func (r reach) front(listener net.Listener) (front, relayed net.Listener) {
	if r.tls == nil {
		return listener, nil
	}
	split := https.Split(listener, r.tls)
	return split, split.Relayed()
}

// secure is what answers at the front first.
func (r reach) secure(next http.Handler) http.Handler {
	if r.tls == nil {
		return next
	}
	return https.Secure(next)
}

// openPlain serves the way from plain HTTP to https, if that is wanted.
func (r reach) openPlain(log *slog.Logger) (func() error, error) {
	if r.plainAddr == "" {
		return func() error { return nil }, nil
	}
	l, err := net.Listen("tcp", r.plainAddr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; EASEL_HTTP_ADDR chooses another address", r.plainAddr, err)
	}
	server := httpServer(r.challenges(http.HandlerFunc(https.Redirect)), log)
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("plain HTTP ended", "error", err)
		}
	}()
	return server.Close, nil
}
