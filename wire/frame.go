package wire

import (
	"encoding/binary"
	"fmt"
)

// FrameTag ties input to picture: the frame with this RTP timestamp is the
// first whose pixels were grabbed after the display answered the input event.
// With the browser's presentation of that frame it gives input-to-photon.
type FrameTag struct {
	RTPTimestamp uint32 // 90 kHz, as the agent sent it; the server keeps it
	Generation   uint32 // lease generation of the event
	Sequence     uint32 // last event applied before the frame's damage
	// Unix times in microseconds, by the agent's clock.
	Injected int64 // the event reached the X server
	Captured int64 // the frame's pixels were read
	Encoded  int64 // the frame was handed to the network
}

const frameTagSize = 1 + 3*4 + 3*8

// AppendFrameTag encodes t onto b: u8 version, u32 timestamp, generation,
// sequence, s64 injected, captured, encoded.
func AppendFrameTag(b []byte, t *FrameTag) []byte {
	be := binary.BigEndian
	b = append(b, Version)
	b = be.AppendUint32(b, t.RTPTimestamp)
	b = be.AppendUint32(b, t.Generation)
	b = be.AppendUint32(b, t.Sequence)
	b = be.AppendUint64(b, uint64(t.Injected))
	b = be.AppendUint64(b, uint64(t.Captured))
	return be.AppendUint64(b, uint64(t.Encoded))
}

// DecodeFrameTag reads one tag.
func DecodeFrameTag(b []byte) (FrameTag, error) {
	if len(b) > 0 && b[0] != Version {
		return FrameTag{}, fmt.Errorf("%w %d", ErrVersion, b[0])
	}
	if len(b) != frameTagSize {
		return FrameTag{}, fmt.Errorf("%w: %d bytes of frame tag, want %d", ErrTruncated, len(b), frameTagSize)
	}
	be := binary.BigEndian
	return FrameTag{
		RTPTimestamp: be.Uint32(b[1:]), Generation: be.Uint32(b[5:]), Sequence: be.Uint32(b[9:]),
		Injected: int64(be.Uint64(b[13:])), Captured: int64(be.Uint64(b[21:])), Encoded: int64(be.Uint64(b[29:])),
	}, nil
}
