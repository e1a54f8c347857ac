package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what an Engine needs from its surroundings.
type Config struct {
	// UDP is the address of the one socket that carries all media. An
	// unspecified address gathers every interface; a loopback address keeps
	// media on this machine.
	UDP netip.AddrPort
	// TCP is the address for ICE-TCP; the zero value switches it off.
	TCP netip.AddrPort
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
	// publishers and viewers make the PeerConnections of those who send media
	// and of those who only receive it.
	publishers, viewers *webrtc.API

	count    *counters
	metrics  prometheus.Registerer
	udpMux   ice.UDPMux
	tcpMux   ice.TCPMux
	mu       sync.Mutex
	rooms    map[*Room]struct{}
	isClosed bool
}

// NewEngine opens the sockets.
func NewEngine(cfg Config) (*Engine, error) {
	e := &Engine{
		log: cfg.Log, metrics: cfg.Metrics, count: &counters{},
		rooms: map[*Room]struct{}{},
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	certificate, err := newCertificate()
	if err != nil {
		return nil, err
	}
	e.config = webrtc.Configuration{Certificates: []webrtc.Certificate{*certificate}}
	if err := e.listen(cfg); err != nil {
		return nil, err
	}
	settings, err := e.settings(cfg)
	if err == nil {
		e.publishers, err = newAPI(settings, true)
	}
	if err == nil {
		e.viewers, err = newAPI(settings, false)
	}
	if err == nil {
		err = e.count.register(cfg.Metrics)
	}
	if err != nil {
		return nil, errors.Join(err, e.closeSockets())
	}
	return e, nil
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

func (e *Engine) newConnection(publishes bool) (*webrtc.PeerConnection, error) {
	api := e.viewers
	if publishes {
		api = e.publishers
	}
	pc, err := api.NewPeerConnection(e.config)
	if err != nil {
		return nil, fmt.Errorf("sfu: new PeerConnection: %w", err)
	}
	return pc, nil
}
