package socket

// Mode is how corked packets reach the kernel, plainest first.
type Mode int32

// The modes. Every one delivers the same packets in the same order.
const (
	// Single is one system call per packet.
	Single Mode = iota
	// Multi is one system call per batch, with one packet per message.
	Multi
	// Segmented is Multi with messages of up to 64 packets that the kernel, or
	// the network card, cuts apart (UDP_SEGMENT, Linux 4.18).
	Segmented
)

// String is the system interface's name: "sendmsg", "sendmmsg" or "gso".
func (m Mode) String() string {
	switch m {
	case Segmented:
		return "gso"
	case Multi:
		return "sendmmsg"
	default:
		return "sendmsg"
	}
}
