package sfu

import "sync"

// events calls a peer's observer from one goroutine, in order. Data that comes
// faster than the observer takes it is bounded: reliable messages make their
// sender wait, lossy ones are dropped. What else happens to a peer is bounded
// by what the peer may do, and always queued.
type events struct {
	observer PeerObserver

	mu       sync.Mutex
	changed  *sync.Cond
	queue    []func(PeerObserver)
	data     int // messages among queue
	isClosed bool
}

func newEvents(o PeerObserver) *events {
	e := &events{observer: o}
	e.changed = sync.NewCond(&e.mu)
	return e
}

func (e *events) push(f func(PeerObserver)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isClosed {
		return
	}
	e.queue = append(e.queue, f)
	e.changed.Broadcast()
}

// pushData queues a message, and says whether it was.
func (e *events) pushData(kind DataKind, payload []byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for kind == Reliable && e.data >= maxEvents && !e.isClosed {
		e.changed.Wait()
	}
	if e.isClosed || e.data >= maxEvents {
		return false
	}
	e.data++
	e.queue = append(e.queue, func(o PeerObserver) {
		o.OnData(kind, payload)
		e.mu.Lock()
		e.data--
		e.changed.Broadcast()
		e.mu.Unlock()
	})
	e.changed.Broadcast()
	return true
}

// run calls the observer until close.
func (e *events) run() {
	for {
		e.mu.Lock()
		for len(e.queue) == 0 && !e.isClosed {
			e.changed.Wait()
		}
		if e.isClosed {
			e.mu.Unlock()
			return
		}
		batch := e.queue
		e.queue = nil
		e.mu.Unlock()
		for _, f := range batch {
			f(e.observer)
		}
	}
}

// close drops what is queued and lets run return.
func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.isClosed = true
	e.queue = nil
	e.changed.Broadcast()
}
