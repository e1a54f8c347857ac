package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/sfu/seal"
	"github.com/easel-live/easel/sfu/socket"
)

// Config is what an Engine needs from its surroundings.
type Config struct {
	// UDP is the address of the one socket that carries all media. An
	// unspecified address gathers every interface; a loopback address keeps
	// media on this machine.
	UDP netip.AddrPort
	// TCP is the address for ICE-TCP; the zero value switches it off.
	TCP netip.AddrPort
	// PlainUDP sends each packet with a system call of its own: for comparison,
	// and where segmentation is broken in ways that go unnoticed.
	PlainUDP bool
	// ExternalIPs are announced instead of the local ones (NAT 1:1).
	ExternalIPs []netip.Addr
	Log         *slog.Logger
	Metrics     prometheus.Registerer
}

// Engine owns the sockets, the certificate and the WebRTC settings that all
// rooms share.
type Engine struct {
	log    *slog.Logger
	addr   netip.AddrPort
	config webrtc.Configuration
	shards []*shard
	lanes  []*socket.Lane // by shard
	kinds  kinds

	count    *counters
	metrics  prometheus.Registerer
	udp      *socket.Conn
	arrivals *arrivals // on udp
	udpMux   ice.UDPMux
	tcpMux   *ice.TCPMuxDefault

	settings webrtc.SettingEngine // of every PeerConnection

	mu       sync.Mutex
	rooms    map[*Room]struct{}
	isClosed bool

	done chan struct{} // ends the shards
	wg   sync.WaitGroup
}

// NewEngine opens the sockets.
func NewEngine(cfg Config) (*Engine, error) {
	e := &Engine{
		log: cfg.Log, metrics: cfg.Metrics, count: &counters{},
		rooms: map[*Room]struct{}{}, done: make(chan struct{}),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	certificate, err := newCertificate()
	if err != nil {
		return nil, err
	}
	e.config = webrtc.Configuration{
		Certificates: []webrtc.Certificate{*certificate},
		// The headers that we write say nothing worth hiding, and sealing them
		// (RFC 9335) would cost a pass of its own.
		RTPHeaderEncryptionPolicy: webrtc.RTPHeaderEncryptionPolicyDisable,
	}
	if err := e.listen(cfg); err != nil {
		return nil, err
	}
	if e.kinds, err = newKinds(); err == nil {
		e.settings, err = e.newSettings(cfg)
	}
	if err == nil {
		err = e.openShards()
	}
	if err == nil {
		err = e.count.register(cfg.Metrics, e.udp)
	}
	if err != nil {
		return nil, errors.Join(err, e.closeSockets())
	}
	for _, s := range e.shards {
		e.wg.Go(func() { s.run(e.done) })
	}
	return e, nil
}

// openShards makes a shard for each core that Go uses, with its lane.
func (e *Engine) openShards() error {
	for i := range min(runtime.GOMAXPROCS(0), maxShards) {
		out := e.udp.Lane
		if i > 0 {
			var err error
			if out, err = e.udp.NewLane(); err != nil {
				return fmt.Errorf("sfu: lane: %w", err)
			}
		}
		e.shards, e.lanes = append(e.shards, newShard(i, out, e.count)), append(e.lanes, out)
	}
	return nil
}

// pin takes a place for a participant on the shard that has the fewest.
func (e *Engine) pin() *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	least := e.shards[0]
	for _, s := range e.shards[1:] {
		if s.viewers.Load() < least.viewers.Load() {
			least = s
		}
	}
	least.viewers.Add(1)
	return least
}

// UDPAddr is where media is received, with the port that was bound.
func (e *Engine) UDPAddr() netip.AddrPort { return e.addr }

// Close ends every room and closes the sockets.
func (e *Engine) Close() error {
	e.mu.Lock()
	wasClosed := e.isClosed
	e.isClosed = true
	rooms := make([]*Room, 0, len(e.rooms))
	for r := range e.rooms {
		rooms = append(rooms, r)
	}
	e.mu.Unlock()
	if wasClosed {
		return nil
	}
	for _, r := range rooms {
		r.Close()
	}
	close(e.done)
	e.wg.Wait()
	e.count.unregister(e.metrics)
	return e.closeSockets()
}

// NewRoom makes an empty room. Rooms know nothing of each other.
func (e *Engine) NewRoom(name string) *Room {
	r := newRoom(e, name)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isClosed {
		r.isClosed = true
		return r
	}
	e.rooms[r] = struct{}{}
	r.start()
	return r
}

func (e *Engine) forget(r *Room) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rooms, r)
}

// newConnection makes a PeerConnection that sends by a shard's lane, whose way
// is watched and whose keys are heard.
func (e *Engine) newConnection(on *shard, publishes, byTCP bool, way *route, keys *seal.Keys) (*webrtc.PeerConnection, error) {
	s := e.settings
	if byTCP {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	} else { // a mux is gathered from whatever the network types are
		s.SetICEUDPMux(laneMux{UDPMux: e.udpMux, lane: e.lanes[on.index], route: way, loopback: e.addr.Addr().IsLoopback()})
	}
	if e.tcpMux != nil {
		s.SetICETCPMux(watchedTCP{e.tcpMux, way})
	}
	s.SetICEBindingRequestHandler(new(nominations).follow)
	s.SetDTLSKeyLogWriter(keys)
	s.SetDTLSServerHelloMessageHook(keys.ServerHello)
	pc, err := e.kinds.api(s, publishes).NewPeerConnection(e.config)
	if err != nil {
		return nil, fmt.Errorf("sfu: new PeerConnection: %w", err)
	}
	return pc, nil
}
