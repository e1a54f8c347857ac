package socket

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Lane is a way out of a Conn with a batch of its own. Lanes of one Conn share
// the socket, so viewers see one address; several goroutines send through it
// without waiting for each other, each with its lane.
type Lane struct {
	conn   *Conn
	corked atomic.Bool

	mu      sync.Mutex // guards what follows; held during a flush
	batch   batch
	sender  sender
	pending error // of a flush that a full batch forced
}

func newLane(c *Conn, k kernel) *Lane {
	return &Lane{conn: c, batch: newBatch(), sender: sender{
		kernel: k, best: Mode(c.mode.Load()), scratch: make([]message, 0, maxSegments), count: &c.count, now: time.Now,
	}}
}

// Cork holds back RTP until Flush. Corking twice is corking once.
func (l *Lane) Cork() { l.corked.Store(true) }

// Flush sends what was held back, and ends the cork. Its error tells that some
// of it was dropped, since the last Flush; the rest was sent.
func (l *Lane) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	// Only now: a writer that overtook the flush would reorder its packets.
	l.corked.Store(false)
	err := l.pending
	l.pending = nil
	return err
}

func (l *Lane) flush() {
	if len(l.batch.messages) == 0 {
		return
	}
	if err := l.sender.send(&l.batch); err != nil {
		l.pending = err
	}
	l.sender.best = l.conn.learn(l.sender.best)
}

// hold puts a packet into the batch; false when the cork is out already.
func (l *Lane) hold(packet []byte, to netip.AddrPort) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.corked.Load() {
		return false
	}
	copy(l.room(len(packet), to), packet)
	return true
}

// room makes room in the batch. The caller holds l.mu, and size is that of a
// corkable packet.
func (l *Lane) room(size int, to netip.AddrPort) []byte {
	coalesce := l.sender.best == Segmented
	room := l.batch.add(size, to, coalesce)
	if room == nil {
		l.flush()
		room = l.batch.add(size, to, coalesce) // an empty batch takes any corkable packet
	}
	return room
}

// Reserve makes room for an RTP packet of exactly size bytes, which the caller
// writes there before it calls the lane again. It is nil when the packet must
// go another way: the lane is not corked, the packet is too large to wait, or
// the destination is scoped. Only the goroutine that corked the lane may call
// it.
func (l *Lane) Reserve(size int, to netip.AddrPort) []byte {
	if size > maxCorked || !l.corked.Load() || !to.IsValid() || to.Addr().Zone() != "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room(size, to)
}

// Hold keeps a datagram back until Flush, and says so; it is false for
// datagrams that must not wait (see the package comment), and when the lane is
// not corked.
func (l *Lane) Hold(b []byte, to netip.AddrPort) bool {
	return l.corked.Load() && corkable(b, to) && l.hold(b, to)
}

// WriteToAddrPort sends a datagram, or holds it back. What is held back counts
// as written.
func (l *Lane) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if l.Hold(b, to) {
		return len(b), nil
	}
	c := l.conn
	n, err := c.write(b, to)
	c.count.syscalls.Add(1)
	if err != nil {
		c.count.errors.Add(1)
		return n, err
	}
	c.count.packets.Add(1)
	c.count.bytes.Add(uint64(n))
	return n, nil
}
