package load

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// maxPayload is the RTP payload of a full packet in bytes, descriptor
	// included; with everything around it a packet stays within 1,200.
	maxPayload = 1150
	// opening is what the first packet of a picture has room for at least.
	opening = 10

	pictureWidth, pictureHeight = 1280, 800
)

// packetizer cuts made-up frames into packets of equal size. A server can read
// everything that one looks at: descriptor, key frame or not, picture size.
type packetizer struct {
	format   format
	picture  uint16
	sequence uint16
	index    uint32
	body     [maxPayload]byte
	packet   rtp.Packet
}

// newPacketizer fills the packets with noise that does not compress, from noise.
func newPacketizer(f format, noise func() byte) *packetizer {
	p := &packetizer{format: f}
	for i := range p.body {
		p.body[i] = noise()
	}
	return p
}

// frame calls send for each packet of a frame; the packet is valid until send
// returns. now is asked once per packet, just before it is sent.
func (p *packetizer) frame(size int, key bool, timestamp uint32, now func() time.Time, send func(*rtp.Packet) error) error {
	p.picture++
	if sets := p.format.before(); key && sets != nil {
		if err := p.send(append(sets, make([]byte, stampSize)...), false, timestamp, now, send); err != nil {
			return err
		}
	}
	count := p.packetsOf(size)
	each := (size + count - 1) / count
	for i := range count {
		b := p.body[:p.format.overhead()+max(each, opening)+stampSize]
		p.format.describe(b, part{first: i == 0, last: i == count-1, key: key, picture: p.picture})
		if err := p.send(b, i == count-1, timestamp, now, send); err != nil {
			return err
		}
	}
	return nil
}

func (p *packetizer) send(payload []byte, marker bool, timestamp uint32, now func() time.Time, send func(*rtp.Packet) error) error {
	stamp{index: p.index, sent: now()}.put(payload)
	p.packet = rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: marker, SequenceNumber: p.sequence, Timestamp: timestamp},
		Payload: payload,
	}
	p.index++
	p.sequence++
	return send(&p.packet)
}

// packetsOf is how many packets a picture of size bytes takes.
func (p *packetizer) packetsOf(size int) int {
	chunk := maxPayload - p.format.overhead() - stampSize
	return max(1, (size+chunk-1)/chunk)
}
