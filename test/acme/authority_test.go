package acme

import (
	"crypto/x509"
	"encoding/pem"
	"log"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/letsencrypt/challtestsrv"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// host is whom certificates are for; every name is this machine's to the authority.
const host = "easel.test"

// lifetime of certificates, in seconds; they are renewed after two thirds of it.
const lifetime = 15

// authority is a certificate authority that speaks ACME.
type authority struct {
	directory string         // URL
	certFile  string         // PEM of who vouches for the directory
	roots     *x509.CertPool // of the certificates that it issues
}

func TestMain(m *testing.M) {
	// Pebble waits before it looks at a host, so that clients learn to.
	if err := os.Setenv("PEBBLE_VA_NOSLEEP", "1"); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

// found starts an authority that proves hosts at these ports.
func found(t *testing.T, httpPort, tlsPort int) authority {
	t.Helper()
	logger := log.New(t.Output(), "pebble ", 0)
	store := db.NewMemoryStore()
	profiles := map[string]ca.Profile{"default": {Description: "for tests", ValidityPeriod: lifetime}}
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, profiles)
	prover := va.New(logger, httpPort, tlsPort, true, resolve(t), store)
	front := wfe.New(logger, store, prover, issuer, []string{"pebble.test"}, true, false, 1, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	a := authority{directory: server.URL + wfe.DirectoryPath, certFile: filepath.Join(t.TempDir(), "directory.pem"), roots: x509.NewCertPool()}
	vouched := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(a.certFile, vouched, 0o644); err != nil {
		t.Fatal(err)
	}
	if !a.roots.AppendCertsFromPEM(issuer.GetRootCert(0).PEM()) {
		t.Fatal("the authority has no root")
	}
	return a
}

// resolve runs a DNS server to which every name is 127.0.0.1.
func resolve(t *testing.T) (addr string) {
	t.Helper()
	addr = free(t)
	names, err := challtestsrv.New(challtestsrv.Config{DNSAddrs: []string{addr}, Log: log.New(t.Output(), "dns ", 0)})
	if err != nil {
		t.Fatal(err)
	}
	names.SetDefaultDNSIPv4("127.0.0.1")
	names.SetDefaultDNSIPv6("")
	go names.Run()
	t.Cleanup(names.Shutdown)
	return addr
}

// free is an address of this machine that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}
