package wire

import (
	"encoding/binary"
	"fmt"
)

// Exact says that whoever sees the frame with this RTP timestamp sees the
// display as it is, pixel by pixel. It holds until a later frame is seen. Only
// frames that carry all of the colour are ever told of, and no other frame has
// their timestamp.
type Exact struct {
	RTPTimestamp uint32 // 90 kHz, as the agent sent it; the server keeps it
}

const exactSize = 1 + 4

// AppendExact encodes e onto b: u8 version, u32 timestamp.
func AppendExact(b []byte, e *Exact) []byte {
	return binary.BigEndian.AppendUint32(append(b, Version), e.RTPTimestamp)
}

// DecodeExact reads one message.
func DecodeExact(b []byte) (Exact, error) {
	if len(b) > 0 && b[0] != Version {
		return Exact{}, fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	if len(b) != exactSize {
		return Exact{}, fmt.Errorf("%w: %d bytes of exact, want %d", ErrTruncated, len(b), exactSize)
	}
	return Exact{RTPTimestamp: binary.BigEndian.Uint32(b[1:])}, nil
}
