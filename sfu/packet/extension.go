package packet

import "encoding/binary"

// Profiles of header extensions (RFC 8285, sections 4.2 and 4.3).
const (
	oneByte = 0xbede
	twoByte = 0x1000 // its low four bits are free
)

// Extension finds the header extension with this id in the RTP packet b. ok is
// false when there is none, or what comes before it makes no sense.
func Extension(b []byte, id uint8) (value []byte, ok bool) {
	if len(b) < 12 || b[0]&0x10 == 0 {
		return nil, false
	}
	at := 12 + 4*int(b[0]&0x0f)
	if len(b) < at+4 {
		return nil, false
	}
	profile := binary.BigEndian.Uint16(b[at:])
	end := at + 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	if len(b) < end {
		return nil, false
	}
	rest := b[at+4 : end]
	isLong := profile&0xfff0 == twoByte
	if profile != oneByte && !isLong {
		return nil, false
	}
	for len(rest) > 0 {
		if rest[0] == 0 { // padding
			rest = rest[1:]
			continue
		}
		var this uint8
		var size, header int
		if isLong {
			if len(rest) < 2 {
				return nil, false
			}
			this, size, header = rest[0], int(rest[1]), 2
		} else {
			this, size, header = rest[0]>>4, int(rest[0]&0x0f)+1, 1
			if this == 15 { // ends them all
				return nil, false
			}
		}
		if len(rest) < header+size {
			return nil, false
		}
		if this == id {
			return rest[header : header+size], true
		}
		rest = rest[header+size:]
	}
	return nil, false
}
