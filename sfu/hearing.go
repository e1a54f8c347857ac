package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"

	"github.com/easel-live/easel/sfu/seal"
)

// hearing takes a viewer's SRTCP as it comes off the socket. pion would hand it
// through five goroutines, and pass on only what names a sender's first stream,
// which transport-wide feedback does not while repairs are sent.
type hearing struct {
	reads *reading
	tell  func(reports []rtcp.Packet, now time.Time)

	mu      sync.Mutex // the viewer's candidates have a reader each
	context *srtp.Context
	header  rtcp.Header
	plain   []byte
}

// replayWindow is how many SRTCP packets back a repeated one is recognised.
const replayWindow = 64

// newHearing is nil when pion has to hear: the handshake was not heard.
func newHearing(keys *seal.Keys, reads *reading, tell func([]rtcp.Packet, time.Time)) *hearing {
	_, receive, profile, ok := keys.SRTP()
	if !ok {
		return nil
	}
	context, err := srtp.CreateContext(receive.Key, receive.Salt, profile, srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil
	}
	return &hearing{reads: reads, tell: tell, context: context}
}

// take hears a datagram; what is forged, repeated or broken is passed over.
func (h *hearing) take(datagram []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	plain, err := h.context.DecryptRTCP(h.plain, datagram, &h.header)
	if err != nil {
		return
	}
	h.plain = plain[:0]
	now := time.Now()
	if reports := h.reads.read(plain, now); len(reports) > 0 {
		h.tell(reports, now)
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
