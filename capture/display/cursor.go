package display

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/wire"
)

// Cursor reads the pointer's shape.
func (d *Display) Cursor() (*wire.CursorShape, error) {
	r, err := xfixes.GetCursorImage(d.conn).Reply()
	if err != nil {
		return nil, fmt.Errorf("display: cursor: %w", err)
	}
	return shape(r)
}

// Pointer reads where the pointer is, in display pixels.
func (d *Display) Pointer() (image.Point, error) {
	r, err := xproto.QueryPointer(d.conn, d.root).Reply()
	if err != nil {
		return image.Point{}, fmt.Errorf("display: pointer: %w", err)
	}
	return image.Pt(int(r.RootX), int(r.RootY)), nil
}

// shape turns XFIXES' premultiplied ARGB into a message. A cursor without a
// visible pixel is a hidden one. One too large for a message is halved until it
// fits.
func shape(r *xfixes.GetCursorImageReply) (*wire.CursorShape, error) {
	s := &wire.CursorShape{Serial: r.CursorSerial}
	w, h := int(r.Width), int(r.Height)
	if len(r.CursorImage) < w*h {
		return nil, fmt.Errorf("display: cursor of %dx%d has %d pixels", w, h, len(r.CursorImage))
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	visible := false
	for i, p := range r.CursorImage[:w*h] {
		c := color.NRGBAModel.Convert(color.RGBA{R: byte(p >> 16), G: byte(p >> 8), B: byte(p), A: byte(p >> 24)}).(color.NRGBA)
		copy(img.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
		visible = visible || c.A != 0
	}
	if !visible {
		return s, nil
	}
	hot := image.Pt(int(r.Xhot), int(r.Yhot))
	for {
		data, err := encodePNG(img)
		if err != nil {
			return nil, fmt.Errorf("display: cursor: %w", err)
		}
		w, h = img.Rect.Dx(), img.Rect.Dy()
		if w <= wire.MaxCursor && h <= wire.MaxCursor && len(data) <= wire.MaxCursorPNG {
			s.Width, s.Height, s.PNG = uint16(w), uint16(h), data
			s.HotX, s.HotY = uint16(min(max(hot.X, 0), w-1)), uint16(min(max(hot.Y, 0), h-1))
			return s, nil
		}
		img, hot = half(img), hot.Div(2)
	}
}

func encodePNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

// half keeps every other pixel of an image.
func half(img *image.NRGBA) *image.NRGBA {
	small := image.NewNRGBA(image.Rect(0, 0, (img.Rect.Dx()+1)/2, (img.Rect.Dy()+1)/2))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			small.SetNRGBA(x, y, img.NRGBAAt(2*x, 2*y))
		}
	}
	return small
}
