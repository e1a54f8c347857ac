package turn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// Realm of the long-term credentials.
const Realm = "easel"

// Config is what a Server needs from its surroundings.
type Config struct {
	// Addr is where UDP and TCP are listened at, port 0 choosing one for both;
	// the zero value: nowhere.
	Addr netip.AddrPort
	// Within gives connections of clients inside TLS; nil: none. It is closed
	// with the server.
	Within net.Listener
	// TLSAddr is where TLS is, with the certificate of TLS; the zero value: nowhere.
	TLSAddr netip.AddrPort
	TLS     *tls.Config
	Secret  string // of the credentials
	// Media is the forwarding unit's UDP socket as this machine reaches it;
	// Peers says which addresses it is announced at.
	Media netip.AddrPort
	Peers func(netip.Addr) bool
	// Public is the address that clients are told as the relay's own.
	Public  netip.Addr
	Limits  Limits                // zero fields take their defaults
	Metrics prometheus.Registerer // nil: not exported
}

// Limits bound what clients can make the server hold. A browser makes an
// allocation for each of its interfaces and each URL it was given.
type Limits struct {
	Allocations int // in all; default 2,000
	PerUser     int // default 32
	Connections int // TCP and TLS, in all; default 4,000
	PerAddress  int // connections from one address; default 128
}

func (l Limits) withDefaults() Limits {
	for at, otherwise := range map[*int]int{&l.Allocations: 2000, &l.PerUser: 32, &l.Connections: 4000, &l.PerAddress: 128} {
		if *at == 0 {
			*at = otherwise
		}
	}
	return l
}

// Server is a running TURN server.
type Server struct {
	turn *turn.Server
	addr netip.AddrPort
	tls  netip.AddrPort
}

// Listen starts a server.
func Listen(cfg Config) (*Server, error) {
	count, err := newCounters(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("turn: metrics: %w", err)
	}
	limits := cfg.Limits.withDefaults()
	relays := &relays{media: cfg.Media, public: cfg.Public, peers: cfg.Peers, limits: limits, count: count, byUser: make(map[string]int)}
	s := &Server{}
	settings := turn.ServerConfig{
		Realm: Realm, QuotaHandler: relays.room, AuthHandler: authenticate(cfg.Secret, count), LoggerFactory: silence(),
	}
	opened, err := s.listen(cfg)
	for _, l := range opened.streams {
		settings.ListenerConfigs = append(settings.ListenerConfigs, turn.ListenerConfig{
			Listener: bounded(l.Listener, l.tls, limits, count), RelayAddressGenerator: relays, PermissionHandler: relays.permits,
		})
	}
	if opened.udp != nil {
		settings.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: opened.udp, RelayAddressGenerator: relays, PermissionHandler: relays.permits}}
	}
	if err == nil {
		s.turn, err = turn.NewServer(settings)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("turn: %w", err), opened.close())
	}
	return s, nil
}

// sockets are those that a server listens at.
type sockets struct {
	udp     net.PacketConn // nil: none
	streams []stream
}

type stream struct {
	net.Listener
	tls *tls.Config // nil: clients need none
}

func (o *sockets) close() (err error) {
	if o.udp != nil {
		err = o.udp.Close()
	}
	for _, l := range o.streams {
		err = errors.Join(err, l.Close())
	}
	return err
}

// listen opens sockets; with an error, those that it gives are to be closed.
func (s *Server) listen(cfg Config) (opened sockets, err error) {
	if cfg.Within != nil {
		opened.streams = append(opened.streams, stream{Listener: cfg.Within})
	}
	if cfg.Addr.IsValid() {
		tcp, err := net.Listen("tcp", cfg.Addr.String())
		if err != nil {
			return opened, err
		}
		opened.streams = append(opened.streams, stream{Listener: tcp})
		s.addr = tcp.Addr().(*net.TCPAddr).AddrPort()
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr))
		if err != nil {
			return opened, err
		}
		opened.udp = udp
	}
	if cfg.TLSAddr.IsValid() {
		secure, err := net.Listen("tcp", cfg.TLSAddr.String())
		if err != nil {
			return opened, err
		}
		s.tls = secure.Addr().(*net.TCPAddr).AddrPort()
		config := cfg.TLS.Clone()
		config.NextProtos = nil // clients offer stun.turn (RFC 7443) or nothing
		opened.streams = append(opened.streams, stream{secure, config})
	}
	return opened, nil
}

// silence: what clients do wrong is counted, and theirs to know.
func silence() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	return f
}

// authenticate checks credentials. Who had an allocation in time keeps it:
// expired credentials are refused for new ones only.
func authenticate(secret string, count *counters) turn.AuthHandler {
	return func(ra *turn.RequestAttributes) (string, []byte, bool) {
		user, expiry, ok := read(ra.Username)
		if !ok || ra.Method == stun.MethodAllocate && time.Now().After(expiry) {
			count.refused.WithLabelValues("credentials").Inc()
			return "", nil, false
		}
		return user, turn.GenerateAuthKey(ra.Username, ra.Realm, sign(secret, ra.Username)), true
	}
}

// Addr is where UDP and TCP are, with the port that was bound.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// TLSAddr is where TLS is; the zero value when it is nowhere.
func (s *Server) TLSAddr() netip.AddrPort { return s.tls }

// Allocations is how many there are now.
func (s *Server) Allocations() int { return s.turn.AllocationCount() }

// Close ends every allocation.
func (s *Server) Close() error { return s.turn.Close() }

// counters are the server's metrics.
type counters struct {
	allocations prometheus.Gauge
	refused     *prometheus.CounterVec
}

func newCounters(to prometheus.Registerer) (*counters, error) {
	c := &counters{
		allocations: prometheus.NewGauge(prometheus.GaugeOpts{Name: "easel_turn_allocations", Help: "TURN allocations."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "easel_turn_refused_total",
			Help: "What TURN clients were refused, by reason: credentials, quota, peer, connections."}, []string{"reason"}),
	}
	if to == nil {
		return c, nil
	}
	return c, errors.Join(to.Register(c.allocations), to.Register(c.refused))
}
