package sfu

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

const (
	// reportRate is how many RTCP datagrams of a viewer are read per second, with
	// a burst of two seconds' worth. Browsers send some twenty, a hundred when
	// much is lost.
	reportRate = 400
	// maxStatuses is what one transport-wide feedback may speak of. It may claim
	// 65,535 packets in thirty bytes, and each would be allocated.
	maxStatuses = 4096
)

// reading turns the RTCP of one viewer into reports, as many as are good for
// anything: reading costs more than sending, and the shards' time is everyone's.
type reading struct {
	count *counters

	mu     sync.Mutex
	budget bucket
}

// read is what a decrypted datagram says; nothing when it is broken, claims too
// much, or is one too many.
func (r *reading) read(datagram []byte, now time.Time) []rtcp.Packet {
	r.mu.Lock()
	passes := r.budget.take(now, reportRate, 2*reportRate)
	r.mu.Unlock()
	if !passes {
		r.count.reportsOver.Add(1)
		return nil
	}
	if !sane(datagram) {
		r.count.reportsBad.Add(1)
		return nil
	}
	reports, err := rtcp.Unmarshal(datagram)
	if err != nil {
		r.count.reportsBad.Add(1)
		return nil
	}
	return reports
}

// Types and formats of RTCP (RFC 3550 section 6.1, RFC 4585 section 6.2,
// draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
const (
	rtcpHeader      = 4
	typeTransport   = 205
	formatWide      = 15
	wideStatusCount = 14 // where the number of packets spoken of is
)

// sane looks through a compound packet for claims that nobody can mean.
func sane(datagram []byte) bool {
	for len(datagram) >= rtcpHeader {
		size := rtcpHeader + 4*int(binary.BigEndian.Uint16(datagram[2:]))
		if size > len(datagram) {
			return false
		}
		if datagram[1] == typeTransport && datagram[0]&0x1f == formatWide {
			if size < wideStatusCount+2 || binary.BigEndian.Uint16(datagram[wideStatusCount:]) > maxStatuses {
				return false
			}
		}
		datagram = datagram[size:]
	}
	return len(datagram) == 0
}
