package sfu

import (
	"fmt"
	"sync"

	"github.com/pion/webrtc/v4"
)

// Labels of the data channels that carry packets. Channels with other labels
// stay open and are not listened to.
const (
	labelReliable = "_reliable"
	labelLossy    = "_lossy"
)

// outbox sends a peer's data. Reliable messages wait in a bounded queue for the
// channel to open and for what was sent before to leave.
type outbox struct {
	count *counters

	mu       sync.Mutex
	reliable *webrtc.DataChannel
	lossy    *webrtc.DataChannel
	queue    [][]byte
	bytes    int
	isClosed bool
	wake     chan struct{} // the queue or the channel changed
}

func newOutbox(count *counters) *outbox {
	return &outbox{count: count, wake: make(chan struct{}, 1)}
}

// use makes c the channel for its label.
func (o *outbox) use(c *webrtc.DataChannel) {
	o.mu.Lock()
	switch c.Label() {
	case labelReliable:
		o.reliable = c
		c.SetBufferedAmountLowThreshold(maxReliableFlight / 2)
		c.OnBufferedAmountLow(o.nudge)
	case labelLossy:
		o.lossy = c
	}
	o.mu.Unlock()
	c.OnOpen(o.nudge)
	o.nudge()
}

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) send(kind DataKind, payload []byte) error {
	limit := MaxReliable
	if kind == Lossy {
		limit = MaxLossy
	}
	if len(payload) > limit {
		return fmt.Errorf("%w: %d bytes of data, at most %d", ErrLimit, len(payload), limit)
	}
	if kind == Lossy {
		return o.sendLossy(payload)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.isClosed {
		return ErrClosed
	}
	if len(o.queue) >= maxQueuedMessages || o.bytes+len(payload) > maxQueuedBytes {
		o.count.dropped.Add(1)
		return fmt.Errorf("%w: %d messages, %d bytes wait to be sent", ErrLimit, len(o.queue), o.bytes)
	}
	o.queue = append(o.queue, payload)
	o.bytes += len(payload)
	o.nudge()
	return nil
}

func (o *outbox) sendLossy(payload []byte) error {
	o.mu.Lock()
	c, isClosed := o.lossy, o.isClosed
	o.mu.Unlock()
	if isClosed {
		return ErrClosed
	}
	if c == nil || c.ReadyState() != webrtc.DataChannelStateOpen || c.BufferedAmount() > maxLossyBuffered {
		o.count.dropped.Add(1)
		return nil
	}
	if err := c.Send(payload); err != nil {
		o.count.dropped.Add(1)
	}
	return nil
}

// run sends the queue until done is closed.
func (o *outbox) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-o.wake:
		}
		for o.sendNext() {
		}
	}
}

// sendNext sends the oldest message if the channel takes it now.
func (o *outbox) sendNext() bool {
	o.mu.Lock()
	c := o.reliable
	if len(o.queue) == 0 || c == nil || c.ReadyState() != webrtc.DataChannelStateOpen ||
		c.BufferedAmount() > maxReliableFlight {
		o.mu.Unlock()
		return false
	}
	message := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.bytes -= len(message)
	o.mu.Unlock()
	if err := c.Send(message); err != nil {
		o.count.dropped.Add(1)
	}
	return true
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.isClosed = true
	o.queue, o.bytes = nil, 0
}

// listen takes messages from a channel that the client opened.
func (p *Peer) listen(c *webrtc.DataChannel) {
	kind, limit := Reliable, MaxReliable
	switch c.Label() {
	case labelReliable:
	case labelLossy:
		kind, limit = Lossy, MaxLossy
	default:
		return
	}
	c.OnMessage(func(m webrtc.DataChannelMessage) {
		if len(m.Data) > limit || !p.events.pushData(kind, m.Data) {
			p.engine.count.dropped.Add(1)
		}
	})
}
