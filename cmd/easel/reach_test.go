package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withCertificate gives the shell's servers a certificate for localhost and
// 127.0.0.1, and returns who trusts it.
func (s *shell) withCertificate(t *testing.T) *x509.CertPool {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"CERT": {Type: "CERTIFICATE", Bytes: der}, "KEY": {Type: "PRIVATE KEY", Bytes: raw}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		s.env = append(s.env, "EASEL_TLS_"+name+"="+path)
	}
	trusts := x509.NewCertPool()
	trusts.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return trusts
}

func TestServeByHTTPS(t *testing.T) {
	s := newShell(t)
	trusts := s.withCertificate(t)
	s.env = append(s.env, "EASEL_LOG_LEVEL=debug")
	url, said, _ := s.serve(t)
	if !strings.HasPrefix(url, "https://") {
		t.Fatalf("the server says it is at %s", url)
	}
	browser := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusts}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer browser.CloseIdleConnections()
	get := func(link, origin string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp
	}
	link := said.find(`https://\S+/login\?token=\S+`)
	if link == nil {
		t.Fatal("no link at the first start")
	}
	in := get(link[0], "")
	if cookies := in.Cookies(); len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("cookies %v", cookies)
	}
	if policy := in.Header.Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, "unsafe") {
		t.Errorf("content security policy %q", policy)
	}
	if in.Header.Get("Strict-Transport-Security") == "" {
		t.Error("https is not said to be the only way")
	}
	const secret = "whatshouldnotbelogged"
	for _, path := range []string{"/rtc", "/rtc/v1/validate", "/rfb"} {
		at := url + path + "?access_token=" + secret
		if got := get(at, "https://evil.test").StatusCode; got != http.StatusForbidden {
			t.Errorf("%s from another site's page: %d", path, got)
		}
		if got := get(at, url).StatusCode; got != http.StatusUnauthorized {
			t.Errorf("%s from our own page: %d", path, got)
		}
	}
	if said.find(secret) != nil {
		t.Error("a query string is in the log")
	}
}

func TestReachRefusals(t *testing.T) {
	for want, env := range map[string]string{
		"come together":        "EASEL_TLS_CERT=/nonexistent",
		"which EASEL_TLS_CERT": "EASEL_HTTP_ADDR=127.0.0.1:0",
		"want http":            "EASEL_PUBLIC_URL=easel.test",
		"needs a certificate":  "EASEL_TURN_TLS_PORT=5349",
		"EASEL_TURN_SECRET":    "EASEL_TURN_URLS=turn:turn.test",
	} {
		s := newShell(t)
		s.env = append(s.env, env)
		if _, complaint, ok := s.run(t, "serve"); ok || !strings.Contains(complaint, want) {
			t.Errorf("%s: %v %s", env, ok, complaint)
		}
	}
}
