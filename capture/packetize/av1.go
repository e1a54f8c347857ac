package packetize

import (
	"fmt"

	"github.com/pion/rtp"
)

// av1 packs a temporal unit's OBUs, without size fields and without temporal
// delimiters, one after the other into packets that are cut where they are full
// (RTP Payload Format For AV1, sections 4.3 to 4.5 and 5).
type av1 struct {
	stream
	units []unit
}

// unit is an OBU as it is sent: its header without the size field's bit, then
// what follows that field.
type unit struct {
	header [2]byte
	begins int // bytes of header: one, or two with an extension
	body   []byte
}

func (u *unit) size() int { return u.begins + len(u.body) }

// OBU types (AV1 bitstream specification, section 6.2.2).
const (
	obuSequence  = 1
	obuDelimiter = 2
	obuTileList  = 8
	obuPadding   = 15
)

// Bits of the aggregation header, and its length.
const (
	av1Continues = 0x80 // Z: the first element goes on from the packet before
	av1Goes      = 0x40 // Y: the last element goes on in the next packet
	av1New       = 0x08 // N: a coded video sequence begins
	aggregation  = 1
)

// maxElements is how many OBUs share a packet at most: as many as the header's
// count W can say, so that the last needs no length.
const maxElements = 3

// Packets implements Packetizer. frame is a temporal unit in the low-overhead
// format of the AV1 bitstream specification (section 5.2).
func (a *av1) Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error {
	isNew, err := a.parse(frame)
	if err != nil || len(a.units) == 0 {
		return err
	}
	total := 0
	for i := range a.units {
		size := a.units[i].size()
		total += size
		if i < len(a.units)-1 {
			total += lengthBytes(size)
		}
	}
	room := split(total, MaxPayload-aggregation)
	for i, offset := 0, 0; i < len(a.units); {
		b := &a.buffer
		b[0] = 0
		if offset > 0 {
			b[0] |= av1Continues
		}
		if isNew {
			b[0] |= av1New
			isNew = false
		}
		n := aggregation
		for elements := byte(1); ; elements++ {
			left := aggregation + room - n
			rest := a.units[i].size() - offset
			// Another element follows if this one leaves it its length and a byte.
			if prefix := lengthBytes(rest); elements < maxElements && i+1 < len(a.units) && prefix+rest < left {
				n += putLength(b[n:], rest)
				n += a.units[i].copy(b[n:n+rest], offset)
				i, offset = i+1, 0
				continue
			}
			b[0] |= elements << 4 // W
			take := min(rest, left)
			n += a.units[i].copy(b[n:n+take], offset)
			if offset += take; take < rest {
				b[0] |= av1Goes
			} else {
				i, offset = i+1, 0
			}
			break
		}
		if err := a.emit(n, timestamp, i == len(a.units), send); err != nil {
			return err
		}
	}
	return nil
}

// copy fills to with the bytes of u from offset on.
func (u *unit) copy(to []byte, offset int) int {
	n := 0
	if offset < u.begins {
		n = copy(to, u.header[offset:u.begins])
	}
	return n + copy(to[n:], u.body[max(offset-u.begins, 0):])
}

// parse finds the OBUs of a temporal unit, and says whether a coded video
// sequence begins with it.
func (a *av1) parse(frame []byte) (isNew bool, err error) {
	a.units = a.units[:0]
	for len(frame) > 0 {
		header := 1
		if frame[0]&0x04 != 0 { // extension
			header = 2
		}
		if frame[0]&0x80 != 0 || len(frame) < header {
			return false, fmt.Errorf("%w of AV1", ErrFrame)
		}
		body, rest := frame[header:], []byte(nil)
		if frame[0]&0x02 != 0 { // has a size field
			size, n := length(body)
			if n == 0 || size > len(body)-n {
				return false, fmt.Errorf("%w of AV1: an OBU is cut short", ErrFrame)
			}
			body, rest = body[n:n+size], body[n+size:]
		}
		switch kind := frame[0] >> 3 & 0x0f; kind {
		case obuDelimiter, obuTileList, obuPadding:
		default:
			isNew = isNew || kind == obuSequence
			u := unit{begins: header, body: body}
			copy(u.header[:], frame[:header])
			u.header[0] &^= 0x02
			a.units = append(a.units, u)
		}
		frame = rest
	}
	return isNew, nil
}

// length reads a leb128 number (AV1 bitstream specification, section 4.10.5)
// and how many bytes it has, 0 when it is cut short or too large.
func length(b []byte) (value, n int) {
	for i := range min(len(b), 8) {
		value |= int(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

func lengthBytes(value int) int {
	n := 1
	for value >>= 7; value > 0; value >>= 7 {
		n++
	}
	return n
}

func putLength(b []byte, value int) int {
	n := 0
	for ; value >= 0x80; value >>= 7 {
		b[n] = byte(value) | 0x80
		n++
	}
	b[n] = byte(value)
	return n + 1
}
