package target

import (
	"fmt"
	"math/rand/v2"

	"github.com/jezek/xgb/xproto"
)

// The pattern's size in pixels: about a dialog of an application.
const (
	detailWidth  = 480
	detailHeight = 320
)

// uploadDetail keeps both patterns in the X server, so that showing one is a
// single small request.
func (t *Target) uploadDetail(screen *xproto.ScreenInfo) error {
	if screen.RootDepth != 24 {
		return fmt.Errorf("%w: the pattern wants depth 24, this has %d", ErrDisplay, screen.RootDepth)
	}
	for i := range t.detail {
		id, err := xproto.NewPixmapId(t.conn)
		if err != nil {
			return fmt.Errorf("target: %w", err)
		}
		t.detail[i] = id
		drawable := xproto.Drawable(id)
		if err := xproto.CreatePixmapChecked(t.conn, screen.RootDepth, id, xproto.Drawable(t.window), detailWidth, detailHeight).Check(); err != nil {
			return fmt.Errorf("target: create a pixmap: %w", err)
		}
		// A request carries at most 256 KiB without the BIG-REQUESTS extension.
		const rows = 64
		pixels := paintDetail(i == 1)
		for y := 0; y < detailHeight; y += rows {
			part := pixels[y*detailWidth*4 : min(y+rows, detailHeight)*detailWidth*4]
			if err := xproto.PutImageChecked(t.conn, xproto.ImageFormatZPixmap, drawable, t.black,
				detailWidth, uint16(len(part)/(detailWidth*4)), 0, int16(y), 0, screen.RootDepth, part).Check(); err != nil {
				return fmt.Errorf("target: upload the pattern: %w", err)
			}
		}
	}
	return nil
}

// paintDetail draws lines of glyph-like marks, dark on bright or bright on
// dark, the same at every run: 4 bytes a pixel, blue, green, red, unused.
func paintDetail(bright bool) []byte {
	paper, ink := byte(40), byte(210)
	if bright {
		paper, ink = ink, paper
	}
	pixels := make([]byte, detailWidth*detailHeight*4)
	for i := range pixels {
		pixels[i] = paper
	}
	const lineHeight, glyphWidth, glyphHeight = 14, 7, 9
	random := rand.New(rand.NewPCG(1, 2))
	for top := 4; top+glyphHeight < detailHeight; top += lineHeight {
		for left := 6; left+glyphWidth < detailWidth-6; left += glyphWidth {
			if random.IntN(6) == 0 { // a space between words
				continue
			}
			for range 4 { // strokes of one glyph
				x, y := left+random.IntN(glyphWidth-2), top+random.IntN(glyphHeight-2)
				dx, dy := random.IntN(2), 1
				for step := range 1 + random.IntN(4) {
					set(pixels, x+step*dx, min(y+step*dy, top+glyphHeight), ink)
				}
			}
		}
	}
	return pixels
}

func set(pixels []byte, x, y int, value byte) {
	at := (y*detailWidth + x) * 4
	pixels[at], pixels[at+1], pixels[at+2] = value, value, value
}
