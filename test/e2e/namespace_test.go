package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// The addresses of the two hosts, of RFC 2544's networks for tests. They are in
// namespaces of their own and meet nobody.
const (
	serverIP  = "198.18.0.1"
	browserIP = "198.18.0.2"
)

// Ports of the server: the page's, and those of media.
const (
	pagePort = "443"
	udpPort  = "7882"
	tcpPort  = "7881"
	turnPort = "3478"
	coturn   = "3479" // another TURN server's
)

// wires is a server and a browser on two hosts of their own: network namespaces
// with a cable between, and a firewall at the browser's end.
type wires struct {
	t                *testing.T
	inst             *instance.Instance
	server, browsers string // namespaces
}

// lay lays the cable and starts a server with env at its end.
func lay(t *testing.T, env ...string) *wires {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: the ways through a network need root, for network namespaces")
	}
	id := fmt.Sprintf("easel-%d", os.Getpid())
	w := &wires{t: t, server: id + "-s", browsers: id + "-b"}
	for _, ns := range []string{w.server, w.browsers} {
		_ = exec.Command("ip", "netns", "delete", ns).Run() // of a run that was killed
		w.run("ip", "netns", "add", ns)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", ns).Run() })
		w.in(ns, "ip", "link", "set", "lo", "up")
	}
	w.run("ip", "link", "add", "easel", "netns", w.server, "type", "veth", "peer", "name", "easel", "netns", w.browsers)
	for ns, ip := range map[string]string{w.server: serverIP, w.browsers: browserIP} {
		w.in(ns, "ip", "address", "add", ip+"/30", "dev", "easel")
		w.in(ns, "ip", "link", "set", "easel", "up")
	}
	cert, key := certify(t)
	host := instance.Host{Namespace: w.server, URL: "https://" + serverIP, Env: append([]string{
		"EASEL_ADDR=" + serverIP + ":" + pagePort, "EASEL_TLS_CERT=" + cert, "EASEL_TLS_KEY=" + key,
		"EASEL_UDP_PORT=" + udpPort, "EASEL_TCP_PORT=" + tcpPort,
	}, env...)}
	var err error
	if w.inst, err = instance.StartAt(t.Context(), binary(t), host, t.Output()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.inst.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *wires) run(name string, args ...string) {
	w.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		w.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

func (w *wires) in(namespace string, command ...string) {
	w.t.Helper()
	w.run("ip", append([]string{"netns", "exec", namespace}, command...)...)
}

// walls are firewalls' rules, in nftables' words, by what passes or does not;
// "their" is the port of the other host.
var walls = map[string]string{
	"no UDP":         "meta l4proto udp drop",
	"the page's TCP": "meta l4proto udp drop; tcp their != " + pagePort + " drop",
	"TURN by UDP":    "udp their != " + turnPort + " drop; tcp their != " + pagePort + " drop",
	"TURN by TCP":    "meta l4proto udp drop; tcp their != { " + pagePort + ", " + turnPort + " } drop",
	"coturn by UDP":  "udp their != " + coturn + " drop; tcp their != " + pagePort + " drop",
	"coturn by TCP":  "meta l4proto udp drop; tcp their != { " + pagePort + ", " + coturn + " } drop",
	"anything":       "meta l4proto { tcp, udp } drop",
	"no media":       "udp their { " + udpPort + ", " + turnPort + " } drop; tcp their { " + tcpPort + ", " + turnPort + " } drop",
}

// wall puts one of walls before the browsers, in place of the last; "" is none.
func (w *wires) wall(name string) {
	w.t.Helper()
	script := "table inet wall\ndelete table inet wall\n"
	if name != "" {
		script += fmt.Sprintf("table inet wall {\nchain in { type filter hook input priority 0; iif lo accept; %s; }\n"+
			"chain out { type filter hook output priority 0; oif lo accept; %s; }\n}\n",
			strings.ReplaceAll(walls[name], "their", "sport"), strings.ReplaceAll(walls[name], "their", "dport"))
	}
	cmd := exec.Command("ip", "netns", "exec", w.browsers, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("nft: %v: %s\n%s", err, out, script)
	}
}

// chromium starts a browser at its end of the cable.
func (w *wires) chromium(way string) *browser.Browser {
	w.t.Helper()
	b, err := browser.Start(context.Background(), browser.Options{
		Width: 1280, Height: 800, Namespace: w.browsers, AnyCertificate: true, Way: way,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			keep(w.t, b, "failed")
		}
		if err := b.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return b
}

// open opens a session with a role, and waits until the canvas comes by way.
func (w *wires) open(b *browser.Browser, s instance.Session, role, way string) seen {
	w.t.Helper()
	link, err := w.inst.Link(w.t.Context(), s.ID, role)
	must(w.t, err)
	// From elsewhere: a link that differs in nothing but its secret loads no page.
	must(w.t, b.Open("about:blank"), b.Open(link))
	return shownBy(w.t, b, way, 0)
}

// seen is when a page began to show the canvas by a way, in milliseconds since
// it was asked for, and how that came.
type seen struct {
	At     float64 `json:"at"`
	Shown  string  `json:"shown"` // webrtc or vnc
	Why    string  `json:"why"`
	Origin float64 `json:"-"` // Unix milliseconds of the page's zero
	First  float64 `json:"-"` // when it first showed the canvas by any way
}

// since is how long after a moment it was, in milliseconds.
func (s seen) since(moment time.Time) float64 {
	return s.Origin + s.At - float64(moment.UnixMicro())/1000
}

// shownBy waits until a page shows the canvas by way (named as
// browser.Transport.Via does) and says since when, after a time of the page.
func shownBy(t *testing.T, b *browser.Browser, way string, after float64) seen {
	t.Helper()
	var last seen
	first := 0.0
	eventually(t, "the canvas comes by "+way, func() error {
		all, err := browser.Evaluate[[]seen](b, `easelBench.ways()`)
		if err != nil {
			return err
		}
		now, err := b.Transport()
		if err != nil {
			return err
		}
		if len(all) == 0 || now.Via() != way {
			return fmt.Errorf("it comes by %s: %+v", now.Via(), all)
		}
		first = all[0].At
		if last = all[len(all)-1]; last.At < after {
			return fmt.Errorf("not since: %+v", all)
		}
		return nil
	})
	origin, err := browser.Evaluate[float64](b, `performance.timeOrigin`)
	must(t, err)
	last.Origin, last.First = origin, first
	return last
}

// certify writes a certificate for the server that nobody vouches for.
func certify(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Easel"}, IPAddresses: []net.IP{net.ParseIP(serverIP)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	must(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t,
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return cert, key
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
