package https

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issue writes a certificate for localhost that has this serial number.
func issue(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func serialOf(t *testing.T, f *Files) int64 {
	t.Helper()
	f.mu.Lock()
	f.looked = time.Time{}
	f.mu.Unlock()
	pair, err := f.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.SerialNumber.Int64()
}

func TestACertificateIsReadAnewAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := NewFiles(cert, key, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("files that are not there")
	}
	issue(t, cert, key, 1)
	f, err := NewFiles(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := serialOf(t, f); got != 1 {
		t.Errorf("serial %d", got)
	}
	if err := os.WriteFile(cert, []byte("half a certifi"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serialOf(t, f); got != 1 {
		t.Errorf("a broken file took the place of a good one: %d", got)
	}
	issue(t, cert, key, 2)
	if got := serialOf(t, f); got != 2 {
		t.Errorf("serial %d after the renewal", got)
	}
}

// issued is a certificate in files, with serial number 1.
func issued(t *testing.T) *Files {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, cert, key, 1)
	f, err := NewFiles(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOnePortSpeaksTLSAndPlain(t *testing.T) {
	f := issued(t)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := Split(plain, f.Config())
	server := &http.Server{Handler: Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			io.WriteString(w, "tls "+r.Proto)
		} else {
			io.WriteString(w, "plain")
		}
	}))}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	mute, err := net.Dial("tcp", plain.Addr().String()) // never says anything
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for url, want := range map[string]string{"http://": "plain", "https://": "tls HTTP/2.0"} {
		resp, err := (&http.Client{Transport: transport}).Get(url + plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != want {
			t.Errorf("%s: %q %v", url, body, err)
		}
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != http.ErrServerClosed {
		t.Error(err)
	}
}

func TestStrangersInPlainAreSentToHTTPS(t *testing.T) {
	h := Secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	for method, want := range map[string]int{"GET": http.StatusMovedPermanently, "POST": http.StatusForbidden} {
		r := httptest.NewRequest(method, "http://easel.test/s/1?x=y", nil)
		r.RemoteAddr = "192.0.2.7:999"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || method == "GET" && w.Header().Get("Location") != "https://easel.test/s/1?x=y" {
			t.Errorf("%s: %d %s", method, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestOnlyNamedProxiesAreBelieved(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct{ from, chain, wantFrom, wantProto string }{
		"stranger":           {"192.0.2.7:1", "198.51.100.1", "192.0.2.7:1", ""},
		"proxy":              {"10.0.0.1:1", "198.51.100.1", "198.51.100.1:0", "https"},
		"client adds a lie":  {"10.0.0.1:1", "203.0.113.9, 198.51.100.1", "198.51.100.1:0", "https"},
		"two proxies":        {"10.0.0.1:1", "198.51.100.1, 10.0.0.2", "198.51.100.1:0", "https"},
		"nonsense":           {"10.0.0.1:1", "198.51.100.1, what", "10.0.0.1:1", "https"},
		"a proxy of its own": {"10.0.0.1:1", "", "10.0.0.1:1", "https"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		r.Header.Set("X-Forwarded-For", c.chain)
		r.Header.Set("X-Forwarded-Proto", "https")
		Behind(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != c.wantFrom || r.Header.Get("X-Forwarded-Proto") != c.wantProto {
				t.Errorf("%s: from %s by %q", name, r.RemoteAddr, r.Header.Get("X-Forwarded-Proto"))
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		allowed, origin string
		want            int
	}{
		{"", "", 200}, {"", "https://easel.test", 200}, {"", "https://evil.test", 403}, {"", "null", 403}, {"", "https://easel.test:8443", 403},
		{"https://shop.test", "https://shop.test", 200}, {"https://shop.test", "https://shop.test.evil.test", 403}, {"*", "https://evil.test", 200},
	} {
		r := httptest.NewRequest("GET", "https://easel.test/rtc", nil)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		Origins(strings.Fields(c.allowed), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}
