package socket

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// burst is how many datagrams one system call receives at most. A publisher's
// frame and the reports of many viewers come in bursts.
const burst = 32

// linuxReader receives by recvmmsg, and without telling Go's scheduler: see
// linuxKernel.syscall.
type linuxReader struct {
	raw syscall.RawConn

	mu         sync.Mutex // guards what follows; held while waiting
	headers    [burst]multiHeader
	vectors    [burst]unix.Iovec
	names      [burst]unix.RawSockaddrInet6
	buffers    [burst][maxReceived]byte
	have, next int // datagrams of the last call, and the first not yet read
	errno      syscall.Errno
	call       func(fd uintptr) bool
}

func newReader(udp *net.UDPConn) (reader, error) {
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &linuxReader{raw: raw}
	r.call = r.receive
	for i := range r.headers {
		r.vectors[i].Base = &r.buffers[i][0]
		r.vectors[i].SetLen(maxReceived)
		r.headers[i].Name, r.headers[i].Namelen = (*byte)(unsafe.Pointer(&r.names[i])), unix.SizeofSockaddrInet6
		r.headers[i].Iov = &r.vectors[i]
		r.headers[i].SetIovlen(1)
	}
	return r, nil
}

func (r *linuxReader) read(b []byte) (int, netip.AddrPort, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.next == r.have {
			if err := r.raw.Read(r.call); err != nil {
				return 0, netip.AddrPort{}, err
			}
			if r.errno != 0 {
				return 0, netip.AddrPort{}, os.NewSyscallError("recvmmsg", r.errno)
			}
		}
		i := r.next
		r.next++
		h := &r.headers[i]
		if h.Flags&unix.MSG_TRUNC != 0 {
			continue
		}
		data := r.buffers[i][:h.taken]
		if len(b) < len(data) {
			return 0, r.from(i), io.ErrShortBuffer
		}
		return copy(b, data), r.from(i), nil
	}
}

// receive makes the system call; false when nothing is there.
func (r *linuxReader) receive(fd uintptr) bool {
	for i := range r.have {
		r.headers[i].Namelen = unix.SizeofSockaddrInet6
	}
	r.have, r.next = 0, 0
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.headers[0])), burst, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			r.have, r.errno = int(n), 0
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			r.errno = errno
			return true
		}
	}
}

// from is who sent the i-th datagram.
func (r *linuxReader) from(i int) netip.AddrPort {
	name := &r.names[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr), port)
	}
	addr := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && addr.Is6() {
		addr = addr.WithZone(zone(name.Scope_id))
	}
	return netip.AddrPortFrom(addr, port)
}

// zone is the name of an interface, or its number.
func zone(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}
