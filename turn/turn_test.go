package turn

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

// The client's library leaves the timers of some allocations to run out.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/pion/turn/v5/internal/client.(*PeriodicTimer).Start.func1"))
}

const secret = "a-secret-for-the-test"

var loopback = netip.MustParseAddr("127.0.0.1")

// server is a running one that is counted.
type server struct {
	*Server
	metrics *prometheus.Registry
}

// refused is how often a reason was counted.
func (s *server) refused(t *testing.T, reason string) float64 {
	t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "easel_turn_refused_total" && m.GetLabel()[0].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// start is a server before a socket that stands for the forwarding unit's.
func start(t *testing.T, limits Limits) (*server, *net.UDPConn) {
	t.Helper()
	media, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	metrics := prometheus.NewRegistry()
	s, err := Listen(Config{
		Addr: netip.AddrPortFrom(loopback, 0), Secret: secret, Public: loopback, Limits: limits, Metrics: metrics,
		Media: media.LocalAddr().(*net.UDPAddr).AddrPort(), Peers: func(a netip.Addr) bool { return a == loopback },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		media.Close()
	})
	return &server{s, metrics}, media
}

// dial is a client by UDP or TCP.
func dial(t *testing.T, s *server, network string, c Credentials) *turn.Client {
	t.Helper()
	var conn net.PacketConn
	if network == "tcp" {
		stream, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn = turn.NewSTUNConn(stream)
	} else {
		var err error
		if conn, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: s.Addr().String(), STUNServerAddr: s.Addr().String(), Conn: conn,
		Username: c.Username, Password: c.Password, Realm: Realm, LoggerFactory: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		conn.Close()
	})
	return client
}

// exchange sends datagrams through the relay until one is answered, and fails on
// any that is not of the exchange. It returns where they came from.
func exchange(t *testing.T, relayed net.PacketConn, media *net.UDPConn) (from net.Addr) {
	t.Helper()
	p := make([]byte, 100)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if _, err := relayed.WriteTo([]byte("ping"), media.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		media.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		n, sender, err := media.ReadFrom(p)
		if err != nil {
			continue
		}
		if from = sender; string(p[:n]) != "ping" {
			t.Fatalf("media got %q", p[:n])
		}
		if _, err := media.WriteTo([]byte("pong"), from); err != nil {
			t.Fatal(err)
		}
		relayed.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if n, back, err := relayed.ReadFrom(p); err == nil {
			if string(p[:n]) != "pong" || back.String() != media.LocalAddr().String() {
				t.Fatalf("the client got %q from %v", p[:n], back)
			}
			return from
		}
	}
	t.Fatal("nothing came through the relay and back")
	return nil
}

func TestRelaysToMediaAndToNothingElse(t *testing.T) {
	s, media := start(t, Limits{})
	for _, network := range []string{"udp", "tcp"} {
		relayed, err := dial(t, s, network, Mint(secret, "ann", time.Now().Add(time.Minute))).Allocate()
		if err != nil {
			t.Fatalf("%s: %v", network, err)
		}
		from := exchange(t, relayed, media)

		// A port of the same address that is not media's, and other addresses.
		stranger, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := relayed.WriteTo([]byte("out!"), stranger.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.WriteTo([]byte("in.."), from); err != nil {
			t.Fatal(err)
		}
		for _, peer := range []string{"10.0.0.1:22", "169.254.169.254:80", "8.8.8.8:53"} {
			addr := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(peer))
			if _, err := relayed.WriteTo([]byte("out!"), addr); err == nil {
				t.Errorf("%s: a permission for %s", network, peer)
			}
		}
		// What goes the same way after them shows that they did not come.
		exchange(t, relayed, media)
		p := make([]byte, 100)
		stranger.SetReadDeadline(time.Now())
		if n, _, err := stranger.ReadFrom(p); err == nil {
			t.Errorf("%s: a stranger got %q", network, p[:n])
		}
		stranger.Close()
		relayed.Close()
	}
	if n := s.refused(t, "peer"); n < 8 { // per network one that was sent to, three that were asked for
		t.Errorf("%v foreign peers are counted", n)
	}
}

func TestCredentials(t *testing.T) {
	s, _ := start(t, Limits{})
	for name, c := range map[string]Credentials{
		"expired":      Mint(secret, "ann", time.Now().Add(-time.Minute)),
		"forged":       Mint("another secret", "ann", time.Now().Add(time.Minute)),
		"of nobody":    {"1999999999", sign(secret, "1999999999")},
		"without time": {"ann:ann", sign(secret, "ann:ann")},
	} {
		if _, err := dial(t, s, "udp", c).Allocate(); err == nil {
			t.Errorf("%s credentials are taken", name)
		}
	}
	if n := s.Allocations(); n != 0 {
		t.Errorf("%d allocations", n)
	}
	if n := s.refused(t, "credentials"); n < 3 {
		t.Errorf("%v credentials that were refused are counted", n)
	}
}

func TestAFloodOfAllocationsIsBounded(t *testing.T) {
	s, _ := start(t, Limits{Allocations: 5, PerUser: 3})
	had := map[string]int{}
	var last net.PacketConn
	for range 5 {
		for _, user := range []string{"ann", "bob"} {
			if relayed, err := dial(t, s, "udp", Mint(secret, user, time.Now().Add(time.Minute))).Allocate(); err == nil {
				had[user]++
				last = relayed
			}
		}
	}
	if had["ann"] != 3 || had["bob"] != 2 || s.Allocations() != 5 {
		t.Errorf("%v, %d in all", had, s.Allocations())
	}
	if n := s.refused(t, "quota"); n < 5 {
		t.Errorf("%v allocations too many are counted", n)
	}
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	for s.Allocations() != 4 {
		time.Sleep(time.Millisecond)
	}
	if _, err := dial(t, s, "udp", Mint(secret, "bob", time.Now().Add(time.Minute))).Allocate(); err != nil {
		t.Errorf("a place that was given up: %v", err)
	}
}

func TestConnectionsFromOneAddressAreBounded(t *testing.T) {
	s, _ := start(t, Limits{PerAddress: 2})
	for range 2 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a third connection stays: %v", err)
	}
	if n := s.refused(t, "connections"); n != 1 {
		t.Errorf("%v connections too many are counted", n)
	}
}
