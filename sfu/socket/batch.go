package socket

import "net/netip"

const (
	// maxMessages is how many messages one sendmmsg carries. More gains nothing
	// measurable and makes the first packet wait longer.
	maxMessages = 64
	// maxSegments is the kernel's UDP_MAX_SEGMENTS before Linux 6.9.
	maxSegments = 64
	// maxMessageBytes keeps a message within an IP packet's 16-bit length.
	maxMessageBytes = 65_000
	// arenaBytes bounds what is held back: 200 packets of 1,200 bytes fit, and
	// the arena stays in a core's cache.
	arenaBytes = 256 << 10
)

// message is a run of packets to one destination, side by side in the arena.
type message struct {
	to        netip.AddrPort
	from, end int // in the arena
	segment   int // size of each packet; the last may be shorter
}

func (m message) bytes() int   { return m.end - m.from }
func (m message) packets() int { return (m.end - m.from + m.segment - 1) / m.segment }

// takes says whether a packet of size bytes to the same destination may join:
// the kernel cuts equal pieces, so only the last may be shorter.
func (m message) takes(size int) bool {
	return size <= m.segment && m.bytes()%m.segment == 0 &&
		m.bytes()+size <= maxMessageBytes && m.bytes() < maxSegments*m.segment
}

// batch is what waits for a flush. It never grows.
type batch struct {
	arena    []byte
	messages []message
}

func newBatch() batch {
	return batch{arena: make([]byte, 0, arenaBytes), messages: make([]message, 0, maxMessages)}
}

// add makes room for a packet of size bytes; nil when the batch has to be
// flushed first.
func (b *batch) add(size int, to netip.AddrPort, coalesce bool) []byte {
	from := len(b.arena)
	if from+size > cap(b.arena) {
		return nil
	}
	if n := len(b.messages); coalesce && n > 0 && b.messages[n-1].to == to && b.messages[n-1].takes(size) {
		b.messages[n-1].end += size
	} else if n < cap(b.messages) {
		b.messages = append(b.messages, message{to: to, from: from, end: from + size, segment: size})
	} else {
		return nil
	}
	b.arena = b.arena[:from+size]
	return b.arena[from:]
}

func (b *batch) reset() {
	b.arena, b.messages = b.arena[:0], b.messages[:0]
}
