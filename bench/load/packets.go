package load

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
)

const (
	// maxPayload is the RTP payload of a full packet in bytes, descriptor
	// included; with everything around it a packet stays within 1,200.
	maxPayload = 1150
	// descriptorSize is the VP8 payload descriptor's with picture id, TL0PICIDX
	// and TID, as browsers send it (RFC 7741, section 4.2).
	descriptorSize = 6
	// chunk is how many bytes of a frame a full packet carries.
	chunk = maxPayload - descriptorSize - stampSize
	// keyframeHeader are the frame tag, start code and size that open a VP8 key
	// frame (RFC 6386, section 9.1).
	keyframeHeader = 10

	pictureWidth, pictureHeight = 1280, 800
)

// packetizer cuts made-up VP8 frames into packets of equal size. A server can
// read everything that one looks at: descriptor, key frame or not, picture size.
type packetizer struct {
	picture  uint16
	tl0      uint8
	sequence uint16
	index    uint32
	body     [maxPayload]byte
	packet   rtp.Packet
}

// newPacketizer fills the packets with noise that does not compress, from noise.
func newPacketizer(noise func() byte) *packetizer {
	p := &packetizer{}
	for i := range p.body {
		p.body[i] = noise()
	}
	return p
}

// frame calls send for each packet of a frame; the packet is valid until send
// returns. now is asked once per packet, just before it is sent.
func (p *packetizer) frame(size int, key bool, timestamp uint32, now func() time.Time, send func(*rtp.Packet) error) error {
	count := packetsOf(size)
	each := (size + count - 1) / count
	p.picture = (p.picture + 1) & 0x7FFF
	p.tl0++
	for i := range count {
		b := p.body[:descriptorSize+max(each, keyframeHeader)+stampSize]
		p.describe(b, i == 0)
		if i == 0 {
			openFrame(b[descriptorSize:], key)
		}
		stamp{index: p.index, sent: now()}.put(b)
		p.packet = rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: i == count-1,
				SequenceNumber: p.sequence, Timestamp: timestamp,
			},
			Payload: b,
		}
		p.index++
		p.sequence++
		if err := send(&p.packet); err != nil {
			return err
		}
	}
	return nil
}

func (p *packetizer) describe(b []byte, start bool) {
	b[0] = 0x80 // X
	if start {
		b[0] |= 0x10 // S
	}
	b[1] = 0xE0                      // I, L, T
	b[2] = 0x80 | byte(p.picture>>8) // M
	b[3] = byte(p.picture)
	b[4] = p.tl0
	b[5] = 0 // TID 0
}

// openFrame writes the first bytes of a frame: version 0, shown, and for a key
// frame its start code and size.
func openFrame(b []byte, key bool) {
	b[0], b[1], b[2] = 0x10, 0, 0
	if !key {
		b[0] |= 0x01
		return
	}
	b[3], b[4], b[5] = 0x9D, 0x01, 0x2A
	binary.LittleEndian.PutUint16(b[6:], pictureWidth)
	binary.LittleEndian.PutUint16(b[8:], pictureHeight)
}

// isKeyframeStart tells the first packet of a key frame by its payload.
func isKeyframeStart(payload []byte) bool {
	d, ok := vp8Descriptor(payload)
	return ok && payload[0]&0x10 != 0 && payload[0]&0x07 == 0 &&
		len(payload) > d && payload[d]&0x01 == 0
}

// vp8Descriptor is the length of a payload's descriptor (RFC 7741, section 4.2).
func vp8Descriptor(payload []byte) (size int, ok bool) {
	if len(payload) < 2 {
		return 0, false
	}
	if payload[0]&0x80 == 0 {
		return 1, true
	}
	size = 2
	flags := payload[1]
	if flags&0x80 != 0 {
		if len(payload) < 3 {
			return 0, false
		}
		size++
		if payload[2]&0x80 != 0 {
			size++
		}
	}
	if flags&0x40 != 0 {
		size++
	}
	if flags&0x30 != 0 {
		size++
	}
	return size, size <= len(payload)
}

func packetsOf(size int) int { return max(1, (size+chunk-1)/chunk) }
