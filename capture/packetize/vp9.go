package packetize

import (
	"fmt"

	"github.com/pion/rtp"
)

// vp9 writes descriptors of one byte (RFC 9628, section 4.2).
type vp9 struct{ stream }

const vp9Descriptor = 1

// Bits of the descriptor.
const (
	vp9Inter = 0x40 // P: predicted from other frames
	vp9Start = 0x08 // B
	vp9End   = 0x04 // E
)

// Packets implements Packetizer.
func (v *vp9) Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error {
	if len(frame) == 0 {
		return nil
	}
	key, ok := vp9Key(frame[0])
	if !ok {
		return fmt.Errorf("%w of VP9", ErrFrame)
	}
	for start, chunk := 0, split(len(frame), MaxPayload-vp9Descriptor); start < len(frame); start += chunk {
		end := min(start+chunk, len(frame))
		b := &v.buffer
		b[0] = 0
		if !key {
			b[0] |= vp9Inter
		}
		if start == 0 {
			b[0] |= vp9Start
		}
		if end == len(frame) {
			b[0] |= vp9End
		}
		n := vp9Descriptor + copy(b[vp9Descriptor:], frame[start:end])
		if err := v.emit(n, timestamp, end == len(frame), send); err != nil {
			return err
		}
	}
	return nil
}

// vp9Key reads the first byte of a frame's uncompressed header (VP9 bitstream
// specification, section 6.2): marker, profile, and whether it is a keyframe.
func vp9Key(b byte) (key, ok bool) {
	if b>>6 != 2 {
		return false, false
	}
	profile := b>>5&1 | b>>4&1<<1
	at := 3 // of show_existing_frame
	if profile == 3 {
		at = 2 // after a reserved bit
	}
	if b>>at&1 == 1 {
		return false, true // shows a frame that was sent
	}
	return b>>(at-1)&1 == 0, true
}
