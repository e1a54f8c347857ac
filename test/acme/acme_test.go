package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a busy machine before it counts as
// never.
const patience = 90 * time.Second

// TestACertificateIsGotServedAndRenewed: whichever way the authority proves the
// host, and without a restart.
func TestACertificateIsGotServedAndRenewed(t *testing.T) {
	const nowhere = 1 // a port that nobody listens at
	for _, by := range []string{"TLS-ALPN-01", "HTTP-01"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			page, plain := free(t), free(t)
			httpPort, tlsPort := nowhere, portOf(t, page)
			if by == "HTTP-01" {
				httpPort, tlsPort = portOf(t, router(t, plain)), nowhere
			}
			a := found(t, httpPort, tlsPort)
			data := serve(t, a, page, plain)
			first := presented(t, a, page, nil)
			if err := first.VerifyHostname(host); err != nil {
				t.Error(err)
			}
			if kept, err := os.Stat(filepath.Join(data, "acme", host)); err != nil || kept.Mode().Perm() != 0o600 {
				t.Errorf("the certificate is not kept, or not for the server alone: %v", err)
			}
			presented(t, a, page, first)
		})
	}
}

// router passes its port 80 on to addr: the authority asks for the host at another
// port, and at port 80 names none.
func router(t *testing.T, addr string) string {
	t.Helper()
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: addr})
		r.Out.Host = host
	}})
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// serve runs `easel serve` until the test is over; where its data is.
func serve(t *testing.T, a authority, page, plain string) (data string) {
	t.Helper()
	binary, err := filepath.Abs("../../bin/easel")
	if err != nil {
		t.Fatal(err)
	}
	// Sessions may run as another user, who must be able to get to their folders.
	dir, err := os.MkdirTemp("/tmp", "easel")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(dir, "data")
	server := exec.CommandContext(context.Background(), binary, "serve")
	server.Env = append(os.Environ(), "EASEL_DATA="+data, "EASEL_AGENT=/bin/true", "EASEL_ADDR="+page, "EASEL_UDP_PORT=0", "EASEL_TCP_PORT=0",
		"EASEL_HTTP_ADDR="+plain, "EASEL_ACME_HOSTS="+host, "EASEL_ACME_DIRECTORY="+a.directory, "SSL_CERT_FILE="+a.certFile)
	server.Stdout, server.Stderr = t.Output(), t.Output()
	if err := server.Start(); err != nil {
		t.Fatalf("%v: run `make build` first", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Process.Signal(syscall.SIGTERM), server.Wait()); err != nil {
			t.Error(err)
		}
	})
	return data
}

// presented waits until the server presents a certificate of the authority other
// than before.
func presented(t *testing.T, a authority, page string, before *x509.Certificate) *x509.Certificate {
	t.Helper()
	dialer := &tls.Dialer{
		NetDialer: &net.Dialer{Timeout: patience}, Config: &tls.Config{ServerName: host, RootCAs: a.roots},
	}
	problem := errors.New("never")
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		conn, err := dialer.Dial("tcp", page)
		if problem = err; err != nil {
			continue
		}
		leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
		_ = conn.Close()
		if before == nil || leaf.SerialNumber.Cmp(before.SerialNumber) != 0 {
			return leaf
		}
		problem = fmt.Errorf("it is still %v", before.SerialNumber)
	}
	t.Fatalf("no other certificate: %v", problem)
	return nil
}
