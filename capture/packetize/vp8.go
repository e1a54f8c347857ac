package packetize

import "github.com/pion/rtp"

const (
	vp8Descriptor = 4         // bytes of payload descriptor before each chunk
	maxPicture    = 1<<15 - 1 // picture ids have 15 bits
)

// vp8 counts frames in picture ids, so that receivers see when one is missing.
type vp8 struct {
	stream
	picture uint16
}

// Packets implements Packetizer. The picture id moves on whatever happens.
func (v *vp8) Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error {
	picture := v.picture
	v.picture = (v.picture + 1) & maxPicture
	for start, chunk := 0, split(len(frame), MaxPayload-vp8Descriptor); start < len(frame); start += chunk {
		end := min(start+chunk, len(frame))
		b := &v.buffer
		b[0] = 0x80 // X: extended control bits follow; S is added below
		if start == 0 {
			b[0] |= 0x10 // S: start of partition 0
		}
		b[1] = 0x80                    // I: picture id present
		b[2] = 0x80 | byte(picture>>8) // M: 15 bits
		b[3] = byte(picture)
		n := vp8Descriptor + copy(b[vp8Descriptor:], frame[start:end])
		if err := v.emit(n, timestamp, end == len(frame), send); err != nil {
			return err
		}
	}
	return nil
}
