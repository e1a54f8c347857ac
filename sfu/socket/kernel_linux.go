package socket

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const sendFlags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL

// multiHeader is the kernel's struct mmsghdr.
type multiHeader struct {
	unix.Msghdr
	taken uint32
}

// segmentControl is the control message that asks for segmentation: a cmsghdr
// of level UDP and type UDP_SEGMENT with the size of a segment.
type segmentControl struct {
	unix.Cmsghdr
	size uint16
	_    [6]byte
}

// linuxKernel holds the arrays that sendmmsg reads, so that a call allocates
// nothing. The Go pointers in them are ordinary ones: the collector sees them.
type linuxKernel struct {
	raw      syscall.RawConn
	inet6    bool // the socket's family; IPv4 addresses are mapped
	headers  [maxMessages]multiHeader
	vectors  [maxMessages]unix.Iovec
	controls [maxMessages]segmentControl
	names    [maxMessages]unix.RawSockaddrInet6 // or a RawSockaddrInet4, which is smaller
	poll     [1]unix.PollFd

	// The arguments and results of call, which is passed to RawConn.Control as
	// one function made once.
	count int
	multi bool
	sent  int
	errno syscall.Errno
	call  func(fd uintptr)
}

func newLinuxKernel(udp *net.UDPConn) (*linuxKernel, error) {
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	k := &linuxKernel{raw: raw}
	k.call = k.syscall
	var family int
	if e := raw.Control(func(fd uintptr) { family, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN) }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, os.NewSyscallError("getsockopt", err)
	}
	k.inet6 = family == unix.AF_INET6
	for i := range k.headers {
		k.controls[i].Level, k.controls[i].Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		k.controls[i].SetLen(unix.CmsgLen(2))
		k.headers[i].Name = (*byte)(unsafe.Pointer(&k.names[i]))
		k.headers[i].Iov = &k.vectors[i]
		k.headers[i].SetIovlen(1)
	}
	return k, nil
}

func (k *linuxKernel) sendMany(arena []byte, messages []message) (int, error) {
	k.count = min(len(messages), maxMessages)
	for i, m := range messages[:k.count] {
		k.prepare(i, arena, m)
	}
	k.multi = true
	return k.run()
}

func (k *linuxKernel) sendOne(arena []byte, m message) error {
	k.count, k.multi = 1, false
	k.prepare(0, arena, m)
	_, err := k.run()
	return err
}

// prepare fills the i-th header.
func (k *linuxKernel) prepare(i int, arena []byte, m message) {
	k.vectors[i].Base = &arena[m.from]
	k.vectors[i].SetLen(m.bytes())
	k.headers[i].Namelen = k.name(i, m.to)
	if m.packets() > 1 {
		k.controls[i].size = uint16(m.segment)
		k.headers[i].Control = (*byte)(unsafe.Pointer(&k.controls[i]))
		k.headers[i].SetControllen(unix.CmsgSpace(2))
	} else {
		k.headers[i].Control = nil
		k.headers[i].SetControllen(0)
	}
}

// name writes the i-th destination and returns its size.
func (k *linuxKernel) name(i int, to netip.AddrPort) uint32 {
	if k.inet6 {
		name := &k.names[i]
		name.Family, name.Addr = unix.AF_INET6, to.Addr().As16()
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
		return unix.SizeofSockaddrInet6
	}
	name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&k.names[i]))
	name.Family, name.Addr = unix.AF_INET, to.Addr().Unmap().As4()
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
	return unix.SizeofSockaddrInet4
}

// run makes the system call. Control, unlike Write, does not take the lock that
// other goroutines' writes to the socket need.
func (k *linuxKernel) run() (int, error) {
	if err := k.raw.Control(k.call); err != nil {
		return 0, err
	}
	switch k.errno {
	case 0:
		return k.sent, nil
	case unix.EAGAIN, unix.ENOBUFS:
		return 0, errFull
	case unix.ENOSYS, unix.ENOPROTOOPT, unix.EOPNOTSUPP:
		return 0, errAbsent
	case unix.EIO:
		// The device has no checksum offload, without which older kernels do
		// not segment; there is hardly ever more than one device.
		return 0, errAbsent
	case unix.EPERM, unix.EACCES, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EHOSTDOWN, unix.ECONNREFUSED:
		return 0, fmt.Errorf("%w: %w", errUnreachable, k.errno)
	default:
		return 0, k.errno
	}
}

// syscall never waits, so Go's scheduler need not be told of it: telling wakes
// its monitor thread, which then looks every 20 µs whether the call is over. At
// twenty viewers that took a quarter of the server's CPU.
func (k *linuxKernel) syscall(fd uintptr) {
	for {
		if k.multi {
			n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&k.headers[0])), uintptr(k.count), sendFlags, 0, 0)
			k.sent, k.errno = int(n), errno
		} else {
			_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&k.headers[0].Msghdr)), sendFlags)
			k.sent, k.errno = 1, errno
		}
		if k.errno != unix.EINTR {
			return
		}
	}
}

func (k *linuxKernel) wait(d time.Duration) {
	timeout := int(max(d, time.Millisecond) / time.Millisecond)
	// An error, a signal or a closed socket, shows at the next attempt.
	_ = k.raw.Control(func(fd uintptr) {
		k.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
		_, _ = unix.Poll(k.poll[:], timeout)
	})
}
