package sfu

import (
	"encoding/binary"
	"sync"
	"time"
)

// A participant may send so many SSRCs at first, and another one every second:
// three layers with their repairs in four codecs, of every track.
const (
	firstStreams = 24 * MaxTracks
	moreStreams  = 1
)

// entrance decides whose RTP comes in at all. pion keeps a cipher and a buffer
// for every SSRC it ever saw, whether or not somebody may send it.
type entrance struct {
	count *counters

	isOpen bool // the participant may publish, by this transport

	mu      sync.Mutex
	streams map[uint32]struct{}
	budget  bucket
}

// isSRTP tells SRTP (RFC 7983 section 7, RFC 5761 section 4).
func isSRTP(datagram []byte) bool {
	return isMedia(datagram) && !isSRTCP(datagram)
}

// refuses says whether a datagram is RTP that is to go no further.
func (e *entrance) refuses(datagram []byte) bool {
	if !isSRTP(datagram) {
		return false
	}
	if e.admits(binary.BigEndian.Uint32(datagram[8:])) {
		return false
	}
	e.count.unwanted.Add(1)
	return true
}

func (e *entrance) admits(ssrc uint32) bool {
	if !e.isOpen {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.streams[ssrc]; known {
		return true
	}
	if !e.budget.take(time.Now(), moreStreams, firstStreams) {
		return false
	}
	if e.streams == nil {
		e.streams = make(map[uint32]struct{})
	}
	e.streams[ssrc] = struct{}{}
	return true
}
