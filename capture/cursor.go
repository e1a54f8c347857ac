package capture

import (
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/easel-live/easel/wire"
)

const (
	pointerMoving = time.Second / 30       // between looks while the pointer moves
	pointerIdle   = 500 * time.Millisecond // and while it doesn't: programs may move it
	pointerStill  = time.Second            // without a move it counts as idle
	maxNewcomers  = 64                     // then everybody gets the shape
)

// pointerSource is what a cursor looks at.
type pointerSource interface {
	Cursor() (*wire.CursorShape, error)
	Pointer() (image.Point, error)
}

// cursor carries the pointer: its shape when it changes and to newcomers, its
// place while it moves.
type cursor struct {
	source pointerSource
	sink   Sink
	shape  []byte // encoded; nil until first seen
	place  image.Point
	look   time.Duration // when to look for the pointer next
	moved  time.Duration

	mu        sync.Mutex
	newcomers []string
	stirred   bool // input may have moved the pointer
	idle      bool
}

func newCursor(source pointerSource, sink Sink) *cursor {
	return &cursor{source: source, sink: sink, place: image.Pt(-1, -1)}
}

// welcome notes somebody who has not seen the shape.
func (c *cursor) welcome(identity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.newcomers) < maxNewcomers {
		c.newcomers = append(c.newcomers, identity)
	}
}

// stir says that the pointer may move now, and whether the owner of the cursor
// would have looked too late.
func (c *cursor) stir() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stirred = true
	return c.idle
}

// reshape reads the shape and sends it to everyone.
func (c *cursor) reshape(log *slog.Logger) {
	s, err := c.source.Cursor()
	if err != nil {
		log.Debug("no cursor", "error", err)
		return
	}
	c.shape = wire.AppendCursorShape(c.shape[:0], s)
	if err := c.sink.PublishData(wire.TopicCursor, c.shape, true); err != nil {
		log.Debug("cursor not sent", "error", err)
	}
}

// step does what is due and returns when to call again, at the latest.
func (c *cursor) step(now time.Duration) time.Duration {
	c.mu.Lock()
	newcomers, stirred := c.newcomers, c.stirred
	if c.shape != nil {
		c.newcomers = nil
	}
	c.stirred = false
	if stirred {
		c.moved = now
	}
	idle := now-c.moved > pointerStill
	c.idle = idle
	c.mu.Unlock()

	if c.shape != nil && len(newcomers) > 0 {
		to := newcomers
		if len(to) == maxNewcomers {
			to = nil
		}
		_ = c.sink.PublishData(wire.TopicCursor, c.shape, true, to...)
	}
	interval := pointerMoving
	if idle {
		interval = pointerIdle
	}
	c.look = min(c.look, now+interval) // what was idle may have been stirred
	if now >= c.look {
		c.look = now + interval
		if at, err := c.source.Pointer(); err == nil && at != c.place && at.X >= 0 && at.Y >= 0 {
			c.place, c.moved = at, now
			// Lossy: the next place makes up for a lost one.
			_ = c.sink.PublishData(wire.TopicCursor, wire.AppendCursorPosition(nil, wire.CursorPosition{X: uint16(at.X), Y: uint16(at.Y)}), false)
		}
	}
	return c.look - now
}
