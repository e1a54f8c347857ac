// Package packetize cuts VP8 frames into RTP packets (RFC 7741). All packets of
// a frame but the last have one size, so that the server's segmentation offload
// can send a frame to a viewer in one call. It is pure, and allocates nothing
// once it has seen the largest frame's packet.
package packetize

import "github.com/pion/rtp"

const (
	// MaxPayload bounds an RTP payload, descriptor included, in bytes. With
	// header, extensions and the SRTP tag a packet stays within 1,200 bytes,
	// which passes every path that WebRTC meets.
	MaxPayload = 1150

	descriptor = 4         // bytes of payload descriptor before each chunk
	maxPicture = 1<<15 - 1 // picture ids have 15 bits
)

// VP8 makes the packets of one layer. Picture ids count frames, sequence
// numbers packets; both wrap.
type VP8 struct {
	picture  uint16
	sequence uint16
	packet   rtp.Packet
	buffer   [MaxPayload]byte
}

// New starts a layer at a sequence number and a picture id (its low 15 bits);
// they should be random (RFC 3550, section 5.1).
func New(sequence, picture uint16) *VP8 {
	return &VP8{sequence: sequence, picture: picture & maxPicture}
}

// Packets calls send for each packet of a frame, in order. The packet and its
// payload are valid until send returns. The first error ends the frame and is
// returned; the picture id moves on in any case, so that receivers see the gap.
func (v *VP8) Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error {
	picture := v.picture
	v.picture = (v.picture + 1) & maxPicture
	for start, chunk := 0, chunkSize(len(frame)); start < len(frame); start += chunk {
		end := min(start+chunk, len(frame))
		b := &v.buffer
		b[0] = 0x80 // X: extended control bits follow; S is added below
		if start == 0 {
			b[0] |= 0x10 // S: start of partition 0
		}
		b[1] = 0x80                    // I: picture id present
		b[2] = 0x80 | byte(picture>>8) // M: 15 bits
		b[3] = byte(picture)
		n := descriptor + copy(b[descriptor:], frame[start:end])
		v.packet = rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: end == len(frame),
				SequenceNumber: v.sequence, Timestamp: timestamp,
			},
			Payload: b[:n],
		}
		v.sequence++
		if err := send(&v.packet); err != nil {
			return err
		}
	}
	return nil
}

// Count is how many packets a frame of size bytes takes.
func Count(size int) int {
	return (size + MaxPayload - descriptor - 1) / (MaxPayload - descriptor)
}

// chunkSize is the size of all chunks but the last, for the fewest packets.
func chunkSize(size int) int {
	n := Count(size)
	if n == 0 {
		return 0
	}
	return (size + n - 1) / n
}
