package fallback_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/easel-live/easel/fallback/pipe"
)

// xserver is an X server's RFB side, written from the protocol's tables and not
// from the gateway's parser: it takes a client's stream apart message by message
// as KasmVNC and TigerVNC do, and fails the test at the first byte that is none.
type xserver struct {
	t       *testing.T
	dialect string
	path    string
	server  net.Listener
	serving sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{}
	given    int // bytes that the agent wrote
	taken    int // bytes that were read
	conns    []net.Conn
	pointers []pointer // as they came, over all clients
	keys     []key
	others   map[byte]int // messages of other types
	shared   []byte
}

type pointer struct {
	client          int
	buttons         uint16
	x, y            uint16
	scrollX, scroll int16
}

type key struct {
	client int
	down   bool
	sym    uint32
}

func startX(t *testing.T, dialect string) *xserver {
	t.Helper()
	x := &xserver{
		t: t, dialect: dialect, path: filepath.Join(t.TempDir(), "rfb"),
		changed: make(chan struct{}), others: map[byte]int{},
	}
	var err error
	if x.server, err = net.Listen("unix", x.path); err != nil {
		t.Fatal(err)
	}
	x.serving.Go(func() {
		for {
			conn, err := x.server.Accept()
			if err != nil {
				return
			}
			x.mu.Lock()
			client := len(x.conns)
			x.conns = append(x.conns, conn)
			x.mu.Unlock()
			x.serving.Go(func() {
				defer conn.Close()
				err := x.serve(client, conn)
				gone := errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
				if err != nil && !gone {
					t.Errorf("client %d: %v", client, err)
				}
			})
		}
	})
	t.Cleanup(func() {
		x.server.Close()
		x.mu.Lock()
		for _, c := range x.conns {
			c.Close()
		}
		x.mu.Unlock()
		x.serving.Wait()
	})
	return x
}

// display is the X server as the agent's end of the pipe needs it.
func (x *xserver) display() *pipe.Display {
	return &pipe.Display{
		Dialect: x.dialect, Log: quiet,
		Dial: func() (net.Conn, error) {
			conn, err := net.Dial("unix", x.path)
			return &counted{conn, x}, err
		},
		Settled: func(ctx context.Context) error {
			return x.await(ctx, func() bool { return x.given == x.taken })
		},
	}
}

// counted counts what the agent gives to the X server.
type counted struct {
	net.Conn
	x *xserver
}

func (c *counted) Write(p []byte) (int, error) {
	c.x.note(func() { c.x.given += len(p) })
	return c.Conn.Write(p)
}

func (x *xserver) note(fn func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	fn()
	close(x.changed)
	x.changed = make(chan struct{})
}

func (x *xserver) await(ctx context.Context, cond func() bool) error {
	for {
		x.mu.Lock()
		ok, changed := cond(), x.changed
		x.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// until waits for a condition on what the X server was told.
func (x *xserver) until(what string, cond func() bool) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), patience)
	defer cancel()
	if x.await(ctx, cond) != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.t.Fatalf("%s: not so after %v; pointers %v, keys %v, others %v", what, patience, x.pointers, x.keys, x.others)
	}
}

// serve speaks RFB with one client. What is read counts as taken only once it
// was acted on.
func (x *xserver) serve(client int, conn net.Conn) error {
	read := func(n int) ([]byte, error) {
		b := make([]byte, n)
		_, err := io.ReadFull(conn, b)
		return b, err
	}
	took := func(n int, then func()) { x.note(func() { x.taken += n; then() }) }
	if _, err := io.WriteString(conn, "RFB 003.008\n"); err != nil {
		return err
	}
	said, err := read(12)
	if err != nil {
		return err
	}
	if string(said) != "RFB 003.008\n" {
		return fmt.Errorf("version %q", said)
	}
	took(12, func() {})
	if _, err := conn.Write([]byte{2, 19, 1}); err != nil {
		return err
	}
	if said, err = read(1); err != nil || said[0] != 1 {
		return fmt.Errorf("security type %v, %w", said, err)
	}
	if _, err := conn.Write(make([]byte, 4)); err != nil {
		return err
	}
	init, err := read(1)
	if err != nil {
		return err
	}
	took(2, func() { x.shared = append(x.shared, init[0]) })
	// ServerInit: 64x48, 32 bits.
	hello := []byte{0, 64, 0, 48, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 5}
	if _, err := conn.Write(append(hello, "Easel"...)); err != nil {
		return err
	}
	return x.messages(client, conn, read, took)
}

func (x *xserver) messages(client int, conn net.Conn, read func(int) ([]byte, error), took func(int, func())) error {
	be := binary.BigEndian
	kasm := x.dialect == "kasmvnc"
	for {
		head, err := read(1)
		if err != nil {
			return err
		}
		n := 1
		more := func(size int) []byte {
			b, e := read(size)
			err = errors.Join(err, e)
			n += size
			return b
		}
		act := func() { x.others[head[0]]++ }
		switch head[0] {
		case 0:
			more(19)
		case 2:
			more(4 * int(be.Uint16(more(3)[1:])))
		case 3:
			more(9)
			// A rectangle of one raw pixel.
			if _, err := conn.Write([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xaa, 0xbb, 0xcc, 0}); err != nil {
				return err
			}
		case 4:
			b := more(7)
			act = func() { x.keys = append(x.keys, key{client, b[0] != 0, be.Uint32(b[3:])}) }
		case 5:
			p := pointer{client: client}
			if kasm {
				b := more(10)
				p.buttons, p.x, p.y = be.Uint16(b), be.Uint16(b[2:]), be.Uint16(b[4:])
				p.scrollX, p.scroll = int16(be.Uint16(b[6:])), int16(be.Uint16(b[8:]))
			} else {
				b := more(5)
				p.buttons, p.x, p.y = uint16(b[0]), be.Uint16(b[1:]), be.Uint16(b[3:])
			}
			act = func() { x.pointers = append(x.pointers, p) }
		case 6:
			size := int32(be.Uint32(more(7)[3:]))
			more(int(max(size, -size)))
		case 150:
			more(9)
		case 248:
			more(int(more(8)[7]))
		case 251:
			more(16 * int(more(7)[5]))
		case 255:
			b := more(11)
			act = func() { x.keys = append(x.keys, key{client, b[2] != 0, be.Uint32(b[3:])}) }
		default:
			if !kasm {
				return fmt.Errorf("message type %d", head[0])
			}
			switch head[0] {
			case 178, 190, 191:
				more(3)
			case 179:
				more(11)
			case 180:
				for range more(1)[0] {
					more(int(more(1)[0]))
					more(int(be.Uint32(more(4))))
				}
			case 184:
				more(4 * int(more(1)[0]))
			case 185:
			case 189:
				more(7)
			case 252:
				more(4)
			default:
				return fmt.Errorf("message type %d", head[0])
			}
		}
		if err != nil {
			return err
		}
		took(n, act)
	}
}

// ends says whether nothing is held at the end of what came.
func (x *xserver) ends() bool {
	var held []uint32
	for _, k := range x.keys {
		if i := slices.Index(held, k.sym); !k.down && i >= 0 {
			held = slices.Delete(held, i, i+1)
		} else if k.down && i < 0 {
			held = append(held, k.sym)
		}
	}
	return len(held) == 0 && (len(x.pointers) == 0 || x.pointers[len(x.pointers)-1].buttons == 0)
}

func (x *xserver) kill() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.conns {
		c.Close()
	}
}

const patience = 20 * time.Second
