package signaling

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// conn is one WebSocket of a participant, who may use several during a stay.
//
// Overflow policy: a client that lets its queue fill is hung up on at once. It
// may resume, and then gets the state anew instead of the backlog.
type conn struct {
	ws    *websocket.Conn
	times Times
	queue chan []byte // encoded livekit.SignalResponse
	json  atomic.Bool // the client speaks text frames

	ending sync.Once
	ended  chan struct{}
	code   int // close code and reason; written before ended is closed
	reason string
	abrupt bool // what is queued is not worth writing
}

func newConn(ws *websocket.Conn, limits Limits, times Times) *conn {
	c := &conn{
		ws: ws, times: times,
		queue: make(chan []byte, limits.QueuedSignals), ended: make(chan struct{}),
	}
	ws.SetReadLimit(limits.SignalBytes)
	ws.SetPongHandler(func(string) error { return c.extend() })
	return c
}

// read returns the next frame. Frames and pongs both show that the client is
// there; silence beyond the ping timeout is an error.
func (c *conn) read() (frame int, raw []byte, err error) {
	if err := c.extend(); err != nil {
		return 0, nil, err
	}
	frame, raw, err = c.ws.ReadMessage()
	if err == nil && frame == websocket.TextMessage {
		c.json.Store(true)
	}
	return frame, raw, err
}

func (c *conn) extend() error {
	return c.ws.SetReadDeadline(time.Now().Add(c.times.PingTimeout + c.times.PingInterval))
}

// send queues an encoded message; it never waits.
func (c *conn) send(raw []byte) {
	if len(raw) == 0 {
		return
	}
	select {
	case c.queue <- raw:
	default:
		c.end(websocket.ClosePolicyViolation, "too slow: messages pile up", true)
	}
}

// hangUp ends the connection once what is queued has been written. reason is
// for people, at most 120 bytes of it.
func (c *conn) hangUp(code int, reason string) { c.end(code, reason, false) }

func (c *conn) end(code int, reason string, abrupt bool) {
	c.ending.Do(func() {
		c.code, c.reason, c.abrupt = code, reason[:min(len(reason), 120)], abrupt
		close(c.ended)
	})
}

// write writes the queue out until the connection ends, then closes it.
func (c *conn) write() {
	ping := time.NewTicker(c.times.PingInterval)
	defer ping.Stop()
	defer func() { _ = c.ws.Close() }()
	for {
		select {
		case raw := <-c.queue:
			if c.put(raw) != nil {
				return
			}
		case <-ping.C:
			if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.times.Write)) != nil {
				return
			}
		case <-c.ended:
			c.farewell()
			return
		}
	}
}

func (c *conn) farewell() {
	for !c.abrupt {
		select {
		case raw := <-c.queue:
			if c.put(raw) != nil {
				return
			}
			continue
		default:
		}
		break
	}
	bye := websocket.FormatCloseMessage(c.code, c.reason)
	_ = c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(c.times.Write))
}

func (c *conn) put(raw []byte) error {
	frame := websocket.BinaryMessage
	if c.json.Load() {
		text, err := asJSON(raw)
		if err != nil {
			return err
		}
		frame, raw = websocket.TextMessage, text
	}
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.times.Write)); err != nil {
		return err
	}
	return c.ws.WriteMessage(frame, raw)
}
