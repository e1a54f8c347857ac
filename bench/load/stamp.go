package load

import (
	"encoding/binary"
	"time"
)

// stampSize is what a stamp takes at the end of a payload: magic, index and
// time in nanoseconds since 1970, big-endian.
const stampSize = 4 + 4 + 8

const stampMagic = 0xEA5E1BE9

// stamp identifies a packet across a server that rewrites RTP headers.
type stamp struct {
	index uint32 // packets of this publisher before this one
	sent  time.Time
}

// put writes the stamp over the end of payload, which has at least stampSize
// bytes.
func (s stamp) put(payload []byte) {
	tail := payload[len(payload)-stampSize:]
	binary.BigEndian.PutUint32(tail, stampMagic)
	binary.BigEndian.PutUint32(tail[4:], s.index)
	binary.BigEndian.PutUint64(tail[8:], uint64(s.sent.UnixNano()))
}

// readStamp finds the stamp of a payload; packets that a server made up (probes,
// padding) have none.
func readStamp(payload []byte) (stamp, bool) {
	if len(payload) < stampSize {
		return stamp{}, false
	}
	tail := payload[len(payload)-stampSize:]
	if binary.BigEndian.Uint32(tail) != stampMagic {
		return stamp{}, false
	}
	return stamp{
		index: binary.BigEndian.Uint32(tail[4:]),
		sent:  time.Unix(0, int64(binary.BigEndian.Uint64(tail[8:]))),
	}, true
}
