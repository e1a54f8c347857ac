package socket

import (
	"errors"
	"net/netip"
	"time"
)

var (
	// errFull: the kernel's send buffer has no room.
	errFull = errors.New("socket: send buffer full")
	// errAbsent: the kernel does not know the system call or option.
	errAbsent = errors.New("socket: not supported by the kernel")
	// errUnreachable: a route or a firewall refuses the destination, which no
	// other way of sending changes.
	errUnreachable = errors.New("socket: destination refused")
)

// kernel is what a flush needs of the system. Each lane has one, used under the lane's lock.
type kernel interface {
	// sendMany hands over whole messages in order and says how many were taken.
	// The error concerns the first that was not; the three above are told apart.
	sendMany(arena []byte, messages []message) (int, error)
	// sendOne hands over a message of one packet.
	sendOne(arena []byte, m message) error
	// wait returns when there may be room again, after d at the latest.
	wait(d time.Duration)
}

// reader receives datagrams one by one, however they came.
type reader interface {
	read(b []byte) (int, netip.AddrPort, error)
}
