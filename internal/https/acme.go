package https

import (
	"crypto/tls"
	"net/http"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME is who gets certificates by RFC 8555 (Let's Encrypt, unless Directory
// names another).
type ACME struct {
	Hosts     []string
	Cache     string // folder of accounts and certificates
	Email     string // where the authority writes to; may be empty
	Directory string // URL; empty: Let's Encrypt
}

// Config is a server's whose certificates are got, and renewed, as they are
// asked for. The authority proves the hosts at port 443 (TLS-ALPN-01, RFC 8737)
// or, through the handler that answers HTTP-01, at port 80.
func (a ACME) Config() (config *tls.Config, challenges func(fallback http.Handler) http.Handler) {
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(a.Hosts...),
		Cache: autocert.DirCache(a.Cache), Email: a.Email,
	}
	if a.Directory != "" {
		m.Client = &acme.Client{DirectoryURL: a.Directory}
	}
	config = m.TLSConfig() // with h2, http/1.1 and acme-tls/1
	config.MinVersion = tls.VersionTLS12
	return config, m.HTTPHandler
}
