// Package packetize cuts encoded frames into RTP packets: VP8 (RFC 7741), VP9
// (RFC 9628), AV1 (the Alliance's "RTP Payload Format For AV1") and H.264 (RFC
// 6184, packetization mode 1). All packets of a frame but the last have one
// size, so that the server's segmentation offload can send a frame to a viewer
// in one call. It is pure, and allocates nothing from frame to frame.
//
// VP9 and AV1 go without picture numbers and dependency descriptors: without
// layers inside a stream each frame needs the one before it, which sequence
// numbers say already, and a server that changes a viewer's stream then has
// nothing in the payload to rewrite.
package packetize

import (
	"errors"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/capture/codec"
)

// MaxPayload bounds an RTP payload, descriptor included, in bytes. With header,
// extensions and the SRTP tag a packet stays within 1,200 bytes, which passes
// every path that WebRTC meets.
const MaxPayload = 1150

// ErrFrame is wrapped when a frame is not what its codec's encoder makes.
var ErrFrame = errors.New("packetize: not a frame")

// Packetizer makes the packets of one layer.
type Packetizer interface {
	// Packets calls send for each packet of a frame, in order. The packet and its
	// payload are valid until send returns. The first error ends the frame and is
	// returned.
	Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error
}

// New starts a layer at a sequence number and, where the codec counts pictures,
// a picture id; they should be random (RFC 3550, section 5.1).
func New(c codec.Codec, sequence, picture uint16) Packetizer {
	s := stream{sequence: sequence}
	switch c {
	case codec.VP9, codec.VP9Full:
		return &vp9{stream: s}
	case codec.AV1, codec.AV1Full:
		return &av1{stream: s}
	case codec.H264:
		return &h264{stream: s}
	default:
		return &vp8{stream: s, picture: picture & maxPicture}
	}
}

// stream numbers packets and holds the one being made.
type stream struct {
	sequence uint16
	packet   rtp.Packet
	buffer   [MaxPayload]byte
}

// emit sends the first n bytes of the buffer.
func (s *stream) emit(n int, timestamp uint32, isLast bool, send func(*rtp.Packet) error) error {
	s.packet = rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: isLast, SequenceNumber: s.sequence, Timestamp: timestamp},
		Payload: s.buffer[:n],
	}
	s.sequence++
	return send(&s.packet)
}

// split is the size of all parts but the last of size bytes, for the fewest
// parts of at most most bytes.
func split(size, most int) int {
	n := (size + most - 1) / most
	if n == 0 {
		return 0
	}
	return (size + n - 1) / n
}
