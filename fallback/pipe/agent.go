package pipe

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Service is the name of the agent's service in the tunnel.
const Service = "rfb"

// lastWrite bounds what is still said to the X server or the gateway when the
// other of the two is gone.
const lastWrite = 5 * time.Second

// Display is the X server as the agent's end needs it.
type Display struct {
	Dialect string                          // which dialect its RFB is
	Dial    func() (net.Conn, error)        // a new RFB connection
	Settled func(ctx context.Context) error // waits until it acted on all RFB it was given
	Log     *slog.Logger
}

// Serve carries one RFB connection until either side ends it. It is a
// tunnel.Service once bound to its display.
func (d *Display) Serve(ctx context.Context, stream net.Conn) {
	x, err := d.Dial()
	if err != nil {
		d.Log.Warn("no RFB connection to the X server", "error", err)
		return
	}
	p := &end{display: d, stream: stream, x: x}
	if err := p.send(appendFrame(nil, hello, []byte(d.Dialect))); err != nil {
		x.Close()
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	down := make(chan struct{})
	go func() {
		defer close(down)
		p.down()
		stream.Close() // ends up
	}()
	err = p.up(ctx)
	d.Log.Debug("RFB connection ended", "error", err)
	p.execute()
	cancel()
	stop()
	x.Close() // ends down
	<-down
}

// end is the agent's end of one connection.
type end struct {
	display *Display
	stream  net.Conn
	x       net.Conn
	will    []byte // up's own

	writing sync.Mutex // of the stream: data and marks
}

// up carries the gateway's frames to the X server.
func (p *end) up(ctx context.Context) error {
	frames := newReader(p.stream)
	for {
		k, payload, err := frames.next()
		if err != nil {
			return err
		}
		switch k {
		case data:
			if err = p.x.SetWriteDeadline(time.Now().Add(writeTimeout)); err == nil {
				_, err = p.x.Write(payload)
			}
		case mark:
			if err = p.display.Settled(ctx); err == nil {
				err = p.send(appendMark(nil, binary.BigEndian.Uint32(payload)))
			}
		case will:
			p.will = append(p.will[:0], payload...)
		default:
			err = fmt.Errorf("%w: kind %d from the gateway", ErrFrame, k)
		}
		if err != nil {
			return err
		}
	}
}

// down carries the X server's bytes to the gateway.
func (p *end) down() {
	buf := make([]byte, header+MaxData)
	for {
		n, err := p.x.Read(buf[header:])
		if err != nil {
			return
		}
		binary.BigEndian.PutUint32(buf, uint32(data)<<24|uint32(n))
		if p.send(buf[:header+n]) != nil {
			return
		}
	}
}

func (p *end) send(frame []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.stream.Write(frame)
	return err
}

// execute carries out the will, and waits until the X server has.
func (p *end) execute() {
	if len(p.will) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	if err := p.x.SetWriteDeadline(time.Now().Add(lastWrite)); err != nil {
		return // the X server is gone, and with it what was held
	}
	if _, err := p.x.Write(p.will); err != nil {
		return
	}
	if err := p.display.Settled(ctx); err != nil {
		p.display.Log.Warn("keys and buttons of a lost viewer may stay down", "error", err)
	}
}
