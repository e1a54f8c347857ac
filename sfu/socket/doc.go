// Package socket is a UDP socket whose owner can hold back RTP packets for a
// moment, so that many of them leave in few system calls.
//
// On loopback a system call per packet costs five times what encrypting the
// packet does. A frame's packets to one viewer have one size, so the kernel can
// cut them from one buffer (generic segmentation offload), and one sendmmsg
// carries such buffers for many viewers:
//
//	conn.Cork()
//	for each viewer { write the viewer's packets of this frame }
//	err := conn.Flush()
//
// Between Cork and Flush, RTP is copied into an arena (SRTP reuses its buffer,
// so this one copy cannot be saved) and everything else, STUN, DTLS and RTCP,
// passes at once. Packets to one destination leave in the order they were
// written. The caller's order decides how well they coalesce: consecutive
// packets of equal size to one destination become one message, of which the
// last packet may be shorter.
//
// One socket has many lanes, each with a batch of its own, and one goroutine
// corks a lane. The kernel takes datagrams for one socket from several threads
// without making them wait for each other; so all viewers have one address to
// send to, and the shards that serve them share nothing.
//
// What the kernel refuses is sent again in a plainer way, GSO → sendmmsg →
// sendmsg, without losing what was accepted; when the plainer way keeps working
// where the richer one does not, the Conn stays with the plainer one. Mode says
// which is in use.
//
// Datagrams are received many per system call, too. No call of this package
// waits inside the kernel, so none of them tells Go's scheduler of itself; only
// a full send buffer and an empty receive buffer are waited for, by polling.
//
// The way of a packet: lane.go (a write, held back or not) → classify.go (may it
// wait) → batch.go (into the arena) → flush.go (out, with the fall-backs) →
// kernel.go (the seam) → kernel_linux.go (the system calls). conn.go is the
// socket, reader_linux.go the way in.
package socket
