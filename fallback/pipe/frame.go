package pipe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// kind says what a frame carries.
type kind byte

const (
	data  kind = iota // bytes of RFB
	hello             // the dialect, as text; from the agent, first
	mark              // u32, given back when the X server has all before it
	will              // bytes for the X server when the stream breaks off
)

const (
	header = 4
	// MaxData is how many bytes of RFB one frame carries at most.
	MaxData = 64 << 10
	// MaxWill bounds a will: 64 keys and the buttons fit several times.
	MaxWill  = 2 << 10
	maxHello = 32
)

// ErrFrame: the other end broke the protocol.
var ErrFrame = errors.New("pipe: bad frame")

// limit is how long a frame of a kind may be.
func (k kind) limit() int {
	switch k {
	case data:
		return MaxData
	case hello:
		return maxHello
	case mark:
		return 4
	case will:
		return MaxWill
	default:
		return -1
	}
}

// appendFrame adds a frame to b.
func appendFrame(b []byte, k kind, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(k)<<24|uint32(len(payload)))
	return append(b, payload...)
}

// appendMark adds a mark to b.
func appendMark(b []byte, n uint32) []byte {
	return appendFrame(b, mark, binary.BigEndian.AppendUint32(nil, n))
}

// reader takes frames off a stream, one at a time, into one buffer.
type reader struct {
	from io.Reader
	head [header]byte
	buf  []byte
}

func newReader(from io.Reader) *reader { return &reader{from: from, buf: make([]byte, MaxData)} }

// next returns a frame; its payload is good until the next call.
func (r *reader) next() (kind, []byte, error) {
	if _, err := io.ReadFull(r.from, r.head[:]); err != nil {
		return 0, nil, err
	}
	k := kind(r.head[0])
	n := int(binary.BigEndian.Uint32(r.head[:]) & 0xffffff)
	if n > k.limit() || k == mark && n != 4 {
		return 0, nil, fmt.Errorf("%w: kind %d of %d bytes", ErrFrame, k, n)
	}
	if _, err := io.ReadFull(r.from, r.buf[:n]); err != nil {
		return 0, nil, err
	}
	return k, r.buf[:n], nil
}
