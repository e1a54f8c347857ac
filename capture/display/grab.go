package display

import (
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/capture/damage"
)

const (
	bytesPerPixel = 4
	allPlanes     = ^uint32(0)
)

// Tile is a rectangle of pixels: B, G, R, unused, row by row without padding.
type Tile struct {
	Rect image.Rectangle
	Pix  []byte
}

// Stride is the distance between rows, in bytes.
func (t *Tile) Stride() int { return t.Rect.Dx() * bytesPerPixel }

// memory is where grabbed pixels land: a segment shared with the X server, or,
// when the server cannot reach ours, whatever its replies bring.
type memory struct {
	pixels  []byte
	segment shm.Seg
	shared  bool
	size    image.Point
	tiles   [damage.MaxRects]Tile
	replies [damage.MaxRects]shm.GetImageCookie
}

// Grab reads the pixels of a region. The tiles are valid until the next Grab.
// They may be newer than the damage that asked for them, never older. ErrStale
// says that the display shrank meanwhile, ErrLost that it is gone.
func (d *Display) Grab(region *damage.Region) ([]Tile, error) {
	m := &d.memory
	size := d.Size()
	if m.size != size {
		m.release(d.conn)
		if err := m.allocate(d.conn, size); err != nil {
			return nil, err
		}
	}
	rects := region.Rects()
	if region.Area() > size.X*size.Y { // overlapping rectangles: one is cheaper
		m.tiles[0].Rect = region.Bounds()
		rects = nil
	}
	n := max(len(rects), 1)
	for i, r := range rects {
		m.tiles[i].Rect = r
	}
	if region.Empty() {
		return nil, nil
	}
	if !m.shared {
		return d.grabReplies(m.tiles[:n])
	}
	// All requests leave before the first reply is waited for.
	offset := 0
	for i := range m.tiles[:n] {
		t := &m.tiles[i]
		r := t.Rect
		bytes := r.Dx() * r.Dy() * bytesPerPixel
		if offset+bytes > len(m.pixels) {
			return nil, ErrStale
		}
		t.Pix = m.pixels[offset : offset+bytes]
		m.replies[i] = shm.GetImage(d.conn, xproto.Drawable(d.root), int16(r.Min.X), int16(r.Min.Y),
			uint16(r.Dx()), uint16(r.Dy()), allPlanes, xproto.ImageFormatZPixmap, m.segment, uint32(offset))
		offset += bytes
	}
	var failed error
	for i := range m.tiles[:n] {
		if _, err := m.replies[i].Reply(); err != nil {
			failed = err
		}
	}
	if failed != nil {
		return nil, grabError(failed)
	}
	return m.tiles[:n], nil
}

func (d *Display) grabReplies(tiles []Tile) ([]Tile, error) {
	for i := range tiles {
		r := tiles[i].Rect
		reply, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.root),
			int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), allPlanes).Reply()
		if err != nil {
			return nil, grabError(err)
		}
		if len(reply.Data) < r.Dx()*r.Dy()*bytesPerPixel {
			return nil, fmt.Errorf("%w: %d bytes for %v", ErrFormat, len(reply.Data), r)
		}
		tiles[i].Pix = reply.Data
	}
	return tiles, nil
}

// grabError tells a display that shrank from one that is gone.
func grabError(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrLost
	}
	var xerr xgb.Error
	if errors.As(err, &xerr) {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	return fmt.Errorf("display: grab: %w", err)
}

// allocate makes room for a whole screen. Failing to share is no error: the
// server may run as another user, or elsewhere.
func (m *memory) allocate(c *xgb.Conn, size image.Point) error {
	bytes := size.X * size.Y * bytesPerPixel
	m.size = size
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, bytes, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil
	}
	// Removed from the system's list at once, the segment lives exactly as long
	// as the two processes that hold it: a crash leaves nothing behind.
	defer func() { _, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil) }()
	pixels, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil
	}
	segment, err := shm.NewSegId(c)
	if err != nil {
		_ = unix.SysvShmDetach(pixels)
		return ErrLost
	}
	if err := shm.AttachChecked(c, segment, uint32(id), false).Check(); err != nil {
		_ = unix.SysvShmDetach(pixels)
		if errors.Is(err, io.EOF) {
			return ErrLost
		}
		return nil
	}
	m.pixels, m.segment, m.shared = pixels, segment, true
	return nil
}

func (m *memory) release(c *xgb.Conn) {
	if m.shared {
		shm.Detach(c, m.segment)
		_ = unix.SysvShmDetach(m.pixels)
	}
	*m = memory{}
}
