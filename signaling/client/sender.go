package client

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/fmtp"
)

// sender is one layer of a track as WebRTC sees it. Unlike
// webrtc.TrackLocalStaticRTP it names its layer on every packet, which is how
// the server tells simulcast layers apart.
type sender struct {
	id, rid     string
	codec       webrtc.RTPCodecCapability
	colorSpace  []byte // nil: not told
	transceiver *webrtc.RTPTransceiver

	once  sync.Once
	bound chan struct{} // closed when packets can be written
	out   atomic.Pointer[outlet]
}

// outlet is where a bound layer's packets go.
type outlet struct {
	stream      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
	midID       uint8 // 0: not negotiated
	ridID       uint8
	colorID     uint8
	mid         []byte
}

// newSenders makes those of a rendition. A layer that is alone needs no name.
func newSenders(r Rendition) []*sender {
	id := "easel-" + rand.Text()[:12]
	senders := make([]*sender, len(r.Layers))
	for i, l := range r.Layers {
		senders[i] = &sender{id: id, codec: r.Codec, colorSpace: r.ColorSpace, bound: make(chan struct{})}
		if len(r.Layers) > 1 {
			senders[i].rid = l.RID
		}
	}
	return senders
}

// ID, RID, StreamID and Kind describe the layer to the transport.
func (s *sender) ID() string { return s.id }

// RID is the simulcast name of the layer.
func (s *sender) RID() string { return s.rid }

// StreamID is the media stream that the layers share.
func (s *sender) StreamID() string { return "easel" }

// Kind is always video.
func (s *sender) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// Bind is told the negotiated parameters once the transport may carry media.
func (s *sender) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, codec := range ctx.CodecParameters() {
		if !strings.EqualFold(codec.MimeType, s.codec.MimeType) || !fmtp.Same(codec.MimeType, codec.SDPFmtpLine, s.codec.SDPFmtpLine) {
			continue
		}
		o := &outlet{
			stream: ctx.WriteStream(), ssrc: uint32(ctx.SSRC()),
			payloadType: uint8(codec.PayloadType), mid: []byte(s.transceiver.Mid()),
		}
		for _, ext := range ctx.HeaderExtensions() {
			switch ext.URI {
			case sdp.SDESMidURI:
				o.midID = uint8(ext.ID)
			case sdp.SDESRTPStreamIDURI:
				o.ridID = uint8(ext.ID)
			case ColorSpaceURI:
				o.colorID = uint8(ext.ID)
			}
		}
		s.out.Store(o)
		s.once.Do(func() { close(s.bound) })
		return codec, nil
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("client: server does not take %s", codecName(s.codec))
}

// Unbind stops the layer.
func (s *sender) Unbind(webrtc.TrackLocalContext) error {
	s.out.Store(nil)
	return nil
}

func (s *sender) write(pkt *rtp.Packet) error {
	o := s.out.Load()
	if o == nil {
		return ErrClosed
	}
	header := rtp.Header{
		Version: 2, Marker: pkt.Marker, PayloadType: o.payloadType,
		SequenceNumber: pkt.SequenceNumber, Timestamp: pkt.Timestamp, SSRC: o.ssrc,
	}
	if o.midID != 0 {
		if err := header.SetExtension(o.midID, o.mid); err != nil {
			return fmt.Errorf("client: mid extension: %w", err)
		}
	}
	if o.ridID != 0 && s.rid != "" {
		if err := header.SetExtension(o.ridID, []byte(s.rid)); err != nil {
			return fmt.Errorf("client: rid extension: %w", err)
		}
	}
	if o.colorID != 0 && s.colorSpace != nil && pkt.Marker {
		if err := header.SetExtension(o.colorID, s.colorSpace); err != nil {
			return fmt.Errorf("client: color space extension: %w", err)
		}
	}
	// While the transport heals writes fail: to the caller that is lost packets,
	// as on any network. The Conn's end is told by Unbind and by OnClosed.
	_, _ = o.stream.WriteRTP(&header, pkt.Payload)
	return nil
}

// watch hands the layer's feedback to fn until the sender stops.
func (s *sender) watch(from *webrtc.RTPSender, fn func(rtcp.Packet)) {
	read := from.ReadRTCP
	if s.rid != "" {
		read = func() ([]rtcp.Packet, interceptor.Attributes, error) { return from.ReadSimulcastRTCP(s.rid) }
	}
	for {
		packets, _, err := read()
		if err != nil {
			return
		}
		for _, p := range packets {
			fn(p)
		}
	}
}
