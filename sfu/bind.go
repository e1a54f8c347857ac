package sfu

import (
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// downTrack is a webrtc.TrackLocal: pion binds it to a sender once the viewer's
// codecs are known. pion's own TrackLocalStaticRTP has one sequence space for
// all its viewers, and will not do.
var _ webrtc.TrackLocal = (*downTrack)(nil)

// ID is the msid track id, the track's sid.
func (d *downTrack) ID() string { return string(d.pub.spec.ID) }

// RID is empty: viewers get one stream.
func (d *downTrack) RID() string { return "" }

// StreamID is the msid stream id as LiveKit's clients parse it: the sids of
// participant and track.
func (d *downTrack) StreamID() string {
	return string(d.pub.peer.id) + "|" + string(d.pub.spec.ID)
}

// Kind is the kind of media.
func (d *downTrack) Kind() webrtc.RTPCodecType { return kindOf(d.pub.spec.Video) }

// Bind takes the viewer's negotiated codecs and the stream to write to. Which
// of the codecs is used is decided layer by layer, and may change.
func (d *downTrack) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := ctx.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writer, d.codecs = throughPion{ctx.WriteStream()}, codecs
	if d.direct != nil {
		d.writer = d.direct
	}
	d.header, d.numbered = rtp.Header{Version: 2, SSRC: uint32(ctx.SSRC())}, false
	d.ssrc.Store(d.header.SSRC)
	d.rtx.ssrc = uint32(ctx.SSRCRetransmission())
	d.learned = 0
	colour, descriptor := 0, 0
	for _, e := range ctx.HeaderExtensions() {
		if e.URI == sdp.TransportCCURI {
			if err := d.header.SetExtension(uint8(e.ID), d.number[:]); err != nil {
				return webrtc.RTPCodecParameters{}, err
			}
			d.numbered = true
		}
		if e.URI == playoutDelayURI {
			// Minimum and maximum 0: show each frame as soon as it is there.
			if err := d.header.SetExtension(uint8(e.ID), []byte{0, 0, 0}); err != nil {
				return webrtc.RTPCodecParameters{}, err
			}
		}
		if e.URI == colorSpaceURI {
			colour = e.ID
		}
		if e.URI == descriptorURI {
			descriptor = e.ID
		}
	}
	if err := d.tint(colour); err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	if err := d.negotiateDescriptor(descriptor); err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	return codecs[0], nil
}

// Unbind ends the writing.
func (d *downTrack) Unbind(webrtc.TrackLocalContext) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pause()
	d.isReady, d.writer = false, nil
	return nil
}

// sendBy has the packets go by x, unless pion has begun to send them: a stream
// is protected by one of the two from its first packet on. x may be nil.
func (d *downTrack) sendBy(x *direct) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x != nil && d.writer != nil && d.direct == nil && d.packets == 0 {
		d.direct, d.writer = x, x
	}
}

// activate starts sending: what was negotiated is in force, and the transport
// is up.
func (d *downTrack) activate() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isClosed || d.isReady || d.writer == nil {
		return
	}
	d.isReady = true
	d.aim()
}

// close ends the subscription's sending for good.
func (d *downTrack) close() {
	d.mu.Lock()
	d.isClosed = true
	d.pause()
	d.attend()
	d.mu.Unlock()
	d.pub.remove(d)
}
