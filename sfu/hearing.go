package sfu

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/easel-live/easel/sfu/seal"
)

// hearing takes a peer's SRTP and SRTCP as they come off the socket. pion would
// hand each packet through five goroutines.
type hearing struct {
	reads *reading
	tell  func(reports []rtcp.Packet, now time.Time) // nil: reports are pion's

	mu      sync.Mutex // the peer's candidates have a reader each
	context *srtp.Context
	control rtcp.Header
	header  rtp.Header
	plain   []byte
	streams map[uint32]*heard // the others are pion's
}

// heard is a stream that is taken.
type heard struct {
	up       *uplink // nil: nobody's at the moment
	isRepair bool    // the stream of up's repairs (RTX, RFC 4588)
	isProven bool    // a packet of it was opened
}

const (
	// Windows in which a repeated packet is recognised, in packets.
	rtpWindow, rtcpWindow = 512, 64
)

// newHearing is nil when pion has to hear: the handshake was not heard.
func newHearing(keys *seal.Keys, reads *reading, tell func([]rtcp.Packet, time.Time)) *hearing {
	_, receive, profile, ok := keys.SRTP()
	if !ok {
		return nil
	}
	context, err := srtp.CreateContext(receive.Key, receive.Salt, profile,
		srtp.SRTPReplayProtection(rtpWindow), srtp.SRTCPReplayProtection(rtcpWindow))
	if err != nil {
		return nil
	}
	return &hearing{reads: reads, tell: tell, context: context, streams: map[uint32]*heard{}}
}

// take hears a datagram; what is forged, repeated or broken is passed over. It
// is false for what is left to pion.
func (h *hearing) take(datagram []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !isSRTCP(datagram) {
		s := h.streams[binary.BigEndian.Uint32(datagram[8:])]
		if s == nil || s.up == nil {
			return false
		}
		if plain, ok := h.open(s, datagram); ok {
			h.deliver(s, plain, time.Now())
		}
		return true
	}
	if h.tell == nil {
		return false
	}
	plain, err := h.context.DecryptRTCP(h.plain, datagram, &h.control)
	if err != nil {
		return true
	}
	h.plain = plain[:0]
	now := time.Now()
	if reports := h.reads.read(plain, now); len(reports) > 0 {
		h.tell(reports, now)
	}
	return true
}

// open decrypts an RTP packet, in place once the stream is proven. Sequence
// numbers may have rolled over while the stream was pion's: then its first
// packet says so by opening with the next count.
func (h *hearing) open(s *heard, datagram []byte) (plain []byte, ok bool) {
	if s.isProven {
		plain, err := h.context.DecryptRTP(datagram, datagram, &h.header)
		return plain, err == nil
	}
	ssrc := binary.BigEndian.Uint32(datagram[8:])
	for roc := range uint32(2) {
		h.context.SetROC(ssrc, roc)
		plain, err := h.context.DecryptRTP(h.plain, datagram, &h.header)
		if err == nil {
			h.plain, s.isProven = plain[:0], true
			return plain, true
		}
	}
	return nil, false
}

// deliver hands a packet to its uplink, a repair as the packet it repeats.
func (h *hearing) deliver(s *heard, plain []byte, now time.Time) {
	if !s.isRepair {
		s.up.take(plain, false, now)
		return
	}
	const original = 2 // bytes: its sequence number begins the payload
	start := h.header.MarshalSize()
	padding := 0
	if h.header.Padding {
		padding = int(plain[len(plain)-1])
	}
	if len(plain) < start+original+padding {
		s.up.peer.congestion.note(s.up, plain, now) // it only looks for bandwidth
		return
	}
	sequence := [2]byte(plain[start:])
	copy(plain[original:], plain[:start])
	plain = plain[original:]
	copy(plain[2:], sequence[:])
	s.up.take(plain, true, now)
}

// listen has the streams of an uplink taken.
func (h *hearing) listen(u *uplink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.assign(u.ssrc, u, false)
	if repairs := uint32(u.track.RtxSSRC()); repairs != 0 {
		h.assign(repairs, u, true)
	}
}

// assign keeps what is known of a stream that was heard before. The caller holds
// h.mu.
func (h *hearing) assign(ssrc uint32, u *uplink, isRepair bool) {
	s := h.streams[ssrc]
	if s == nil {
		s = &heard{}
		h.streams[ssrc] = s
	}
	s.up, s.isRepair = u, isRepair
}

// forget leaves an uplink's streams to pion again.
func (h *hearing) forget(u *uplink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.streams {
		if s.up == u {
			s.up = nil
		}
	}
}

// hearStream has an uplink's packets taken before pion's layers, if possible.
func (p *Peer) hearStream(u *uplink) {
	if _, h := p.up.past(); h != nil && !p.isDone() {
		h.listen(u)
	}
}

func (p *Peer) forgetStream(u *uplink) {
	if _, h := p.up.past(); h != nil {
		h.forget(u)
	}
}

// hear takes what the viewer says of the path and of the streams sent to it.
func (p *Peer) hear(reports []rtcp.Packet, now time.Time) {
	for _, r := range reports {
		switch r := r.(type) {
		case *rtcp.TransportLayerCC, *rtcp.ReceiverEstimatedMaximumBitrate:
			p.path.hear(r, now)
		case *rtcp.TransportLayerNack:
			p.hearOf(r.MediaSSRC, r, now)
		case *rtcp.PictureLossIndication:
			p.hearOf(r.MediaSSRC, r, now)
		case *rtcp.FullIntraRequest:
			for _, f := range r.FIR {
				p.hearOf(f.SSRC, r, now)
			}
		case *rtcp.ReceiverReport:
			for _, block := range r.Reports {
				if d := p.downTrack(block.SSRC); d != nil {
					d.hearReport(block, now)
				}
			}
		}
	}
}

func (p *Peer) hearOf(ssrc uint32, r rtcp.Packet, now time.Time) {
	if d := p.downTrack(ssrc); d != nil {
		d.hear(r, now)
	}
}

// downTrack is the sender of a stream, or nil.
func (p *Peer) downTrack(ssrc uint32) *downTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.subs {
		if s.down.ssrc.Load() == ssrc {
			return s.down
		}
	}
	return nil
}
