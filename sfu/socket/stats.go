package socket

import "sync/atomic"

// Stats counts what was sent since the socket was opened.
type Stats struct {
	Packets  uint64 // datagrams the kernel took
	Bytes    uint64 // of payload
	Syscalls uint64 // that tried to send
	Segments uint64 // of Packets, those that shared a message with others
	Refused  uint64 // messages that had to go again in a plainer way
	Full     uint64 // times the kernel's send buffer was full
	Dropped  uint64 // corked datagrams given up
	Errors   uint64 // writes outside a cork that failed
}

type counters struct {
	packets, bytes, syscalls, segments, refused, full, dropped, errors atomic.Uint64
}

func (c *counters) read() Stats {
	return Stats{
		Packets:  c.packets.Load(),
		Bytes:    c.bytes.Load(),
		Syscalls: c.syscalls.Load(),
		Segments: c.segments.Load(),
		Refused:  c.refused.Load(),
		Full:     c.full.Load(),
		Dropped:  c.dropped.Load(),
		Errors:   c.errors.Load(),
	}
}
