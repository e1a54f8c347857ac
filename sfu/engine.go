package sfu

import (
	"log/slog"
	"net/netip"

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
type Engine struct{}

// NewEngine opens the sockets.
func NewEngine(cfg Config) (*Engine, error) { panic("skeleton") }

// UDPAddr is where media is received, with the port that was bound.
func (e *Engine) UDPAddr() netip.AddrPort { panic("skeleton") }

// Close ends every room and closes the sockets.
func (e *Engine) Close() error { panic("skeleton") }

// NewRoom makes an empty room. Rooms know nothing of each other.
func (e *Engine) NewRoom(name string) *Room { panic("skeleton") }
