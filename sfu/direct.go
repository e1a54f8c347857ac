package sfu

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/seal"
)

var errNoRoute = errors.New("sfu: no way to the viewer yet")

// batcher is where a shard's packets are put together: a socket.Lane.
type batcher interface {
	Reserve(size int, to netip.AddrPort) []byte
}

// direct sends RTP to one viewer past pion: it seals each packet from the ring
// into the shard's batch, and goes where pion's ICE goes. Tracks of one viewer
// share it; only its shard's goroutine uses it.
type direct struct {
	batch   batcher
	route   *route
	sealer  *seal.Sealer
	scratch []byte // for packets that cannot go with the batch
}

// newDirect is nil when pion has to send: the handshake was not heard, or ended
// in another protection profile.
func newDirect(batch batcher, way *route, keys *seal.Keys) *direct {
	send, _, profile, ok := keys.SRTP()
	if !ok {
		return nil
	}
	sealer, err := seal.New(send, profile)
	if err != nil {
		return nil
	}
	return &direct{batch: batch, route: way, sealer: sealer}
}

// write sends a packet whose sequence number, with the times it rolled over, is
// index.
func (x *direct) write(header *rtp.Header, index uint64, payload []byte) error {
	h := x.route.hop.Load()
	if h == nil {
		return errNoRoute
	}
	start := header.MarshalSize()
	size := start + len(payload) + seal.Overhead
	var packet []byte
	if h.to.IsValid() {
		packet = x.batch.Reserve(size, h.to)
	}
	isBatched := packet != nil
	if !isBatched {
		packet = slices.Grow(x.scratch[:0], size)[:size]
		x.scratch = packet
	}
	if _, err := header.MarshalTo(packet); err != nil {
		return err // the batch carries nonsense, which the viewer drops
	}
	x.sealer.Seal(packet, start, header.SSRC, index, payload)
	if isBatched {
		return nil
	}
	return h.write(packet)
}

// write sends a datagram at once.
func (h *hop) write(datagram []byte) error {
	if c, ok := h.conn.(addrPortConn); ok && h.to.IsValid() {
		_, err := c.WriteToAddrPort(datagram, h.to)
		return err
	}
	_, err := h.conn.WriteTo(datagram, h.addr)
	return err
}
