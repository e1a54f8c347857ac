package cluster

import (
	"io"
	"net"
	"sync"
)

// relay passes on what comes to a listener.
type relay struct {
	from net.Listener
	to   string // host:port
	work sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // nil once closed
}

func startRelay(at, to string) (*relay, error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, err
	}
	r := &relay{from: l, to: to, open: make(map[net.Conn]bool)}
	r.work.Go(r.accept)
	return r, nil
}

// close cuts every connection: their other ends may be gone without a word.
func (r *relay) close() {
	_ = r.from.Close()
	r.mu.Lock()
	for conn := range r.open {
		_ = conn.Close()
	}
	r.open = nil
	r.mu.Unlock()
	r.work.Wait()
}

func (r *relay) accept() {
	for {
		conn, err := r.from.Accept()
		if err != nil {
			return // closed
		}
		r.work.Go(func() { r.pass(conn) })
	}
}

// pass joins a connection with a new one. Both end when either does.
func (r *relay) pass(conn net.Conn) {
	defer r.done(conn)
	other, err := net.Dial("tcp", r.to)
	if err != nil || !r.keep(conn) {
		return // whoever asked sees the end
	}
	defer r.done(other)
	if !r.keep(other) {
		return
	}
	var ways sync.WaitGroup
	for _, way := range [][2]net.Conn{{conn, other}, {other, conn}} {
		ways.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // ends with the connections
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
	ways.Wait()
}

// keep remembers a connection to cut; false: it is late.
func (r *relay) keep(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		return false
	}
	r.open[conn] = true
	return true
}

func (r *relay) done(conn net.Conn) {
	_ = conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, conn)
}
