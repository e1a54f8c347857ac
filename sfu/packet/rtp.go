package packet

import (
	"encoding/binary"
	"errors"
)

// ErrRTP says that bytes are not an RTP packet (RFC 3550 section 5.1).
var ErrRTP = errors.New("packet: not an RTP packet")

// RTP is the part of an RTP packet that forwarding uses.
type RTP struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
	Payload     []byte // shares memory with the packet; without padding

	// Colour is the color-space extension's value, if that was looked for and is
	// there (see Extension).
	Colour []byte

	// Descriptor is the dependency descriptor extension, likewise, and Steps what
	// it says.
	Descriptor []byte
	Steps      Steps
}

// ParseRTP reads b. The header extensions are skipped: a viewer gets its own.
func ParseRTP(b []byte) (RTP, error) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return RTP{}, ErrRTP
	}
	at := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < at+4 {
			return RTP{}, ErrRTP
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 {
		padding := int(b[end-1])
		if padding == 0 {
			return RTP{}, ErrRTP
		}
		end -= padding
	}
	if at > end {
		return RTP{}, ErrRTP
	}
	return RTP{
		Marker:      b[1]&0x80 != 0,
		PayloadType: b[1] & 0x7f,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
		Payload:     b[at:end],
	}, nil
}
