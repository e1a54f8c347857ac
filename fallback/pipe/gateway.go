package pipe

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"
)

// writeTimeout is how long the X server may refuse to take a viewer's bytes.
const writeTimeout = 10 * time.Second

// Conn is the gateway's end of one RFB connection. Read is one goroutine's;
// the writing methods may be called by several.
type Conn struct {
	// Dialect is what the X server speaks.
	Dialect string

	stream net.Conn
	frames *reader
	rest   []byte         // of the last data frame, not read yet
	marked func(n uint32) // told which marks the X server has reached

	mu  sync.Mutex
	out []byte // reused
}

// Open makes a Conn of a fresh stream to Service. marked is called by the
// goroutine that reads, for each mark that came back.
func Open(stream net.Conn, marked func(n uint32)) (*Conn, error) {
	c := &Conn{stream: stream, frames: newReader(stream), marked: marked}
	k, payload, err := c.frames.next()
	if err != nil {
		return nil, fmt.Errorf("pipe: no RFB connection to the X server: %w", err)
	}
	if k != hello {
		return nil, fmt.Errorf("%w: kind %d before hello", ErrFrame, k)
	}
	c.Dialect = string(payload)
	return c, nil
}

// Read reads bytes of the X server.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Next returns the X server's next bytes without copying them: good until the
// next call of Read or Next.
func (c *Conn) Next() ([]byte, error) {
	for len(c.rest) == 0 {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	b := c.rest
	c.rest = nil
	return b, nil
}

func (c *Conn) fill() error {
	k, payload, err := c.frames.next()
	switch {
	case err != nil:
		return err
	case k == data:
		c.rest = payload
	case k == mark:
		c.marked(binary.BigEndian.Uint32(payload))
	default:
		return fmt.Errorf("%w: kind %d from the agent", ErrFrame, k)
	}
	return nil
}

// Write gives bytes to the X server.
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.Send(p, nil, 0); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Send gives bytes to the X server; with a will that is not nil, sets it; with
// a mark that is not 0, asks to be told when the X server has all of this. It
// leaves in one piece.
func (c *Conn) Send(p, lastWill []byte, n uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.out[:0]
	for len(p) > 0 {
		size := min(len(p), MaxData)
		out = appendFrame(out, data, p[:size])
		p = p[size:]
	}
	if lastWill != nil {
		out = appendFrame(out, will, lastWill)
	}
	if n != 0 {
		out = appendMark(out, n)
	}
	if c.out = out; cap(out) > MaxData {
		c.out = nil // one large paste does not stay in memory
	}
	if err := c.stream.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.stream.Write(out)
	return err
}

// Close ends the connection; what the will says is done.
func (c *Conn) Close() error { return c.stream.Close() }
