package workspace

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // decoders of what may be previewed
	"image/jpeg"
	"image/png"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

const (
	// PreviewSize is the longer side of a preview in pixels.
	PreviewSize = 256
	// maxDecoded bounds what decoding may take, in bytes.
	maxDecoded = 192 << 20
	// maxEncoded bounds the files that are read for it.
	maxEncoded = 256 << 20
)

var (
	decoded = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp"}
	// byGIMP are those that only GIMP draws.
	byGIMP = []string{".xcf", ".psd", ".ora", ".svg", ".pdf", ".xcfgz", ".xcfbz2", ".gz", ".bz2", ".xz"}
)

func drawable(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return slices.Contains(decoded, ext) || slices.Contains(byGIMP, ext)
}

// Preview draws a file small, as a JPEG or, where it is transparent, a PNG.
// Files of hostile size or content end in ErrPicture.
func (w *Workspace) Preview(ctx context.Context, p string) ([]byte, error) {
	f, e, err := w.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if small, err := w.saved(p, e); err == nil {
		return small, nil
	}
	if e.Size > maxEncoded || !slices.Contains(decoded, strings.ToLower(path.Ext(p))) {
		return nil, fmt.Errorf("%q: %w", p, ErrPicture)
	}
	select {
	case w.drawing <- struct{}{}:
		defer func() { <-w.drawing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	small, err := shrink(f)
	if err != nil {
		return nil, fmt.Errorf("%q: %w: %w", p, ErrPicture, err)
	}
	return small, nil
}

// shrink reads a picture and draws it small. Decoders are not trusted: what
// they panic about is one more picture that can't be drawn.
func shrink(from io.ReadSeeker) (small []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the decoder gave up: %v", r)
		}
	}()
	cfg, _, err := image.DecodeConfig(from)
	if err != nil {
		return nil, err
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || int64(cfg.Width) > maxDecoded/int64(cfg.Height)/pixelBytes(cfg.ColorModel) {
		return nil, fmt.Errorf("%d by %d pixels are too many", cfg.Width, cfg.Height)
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	full, _, err := image.Decode(from)
	if err != nil {
		return nil, err
	}
	return encode(scale(full))
}

func pixelBytes(m color.Model) int64 {
	switch m {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	default:
		return 4
	}
}

func scale(full image.Image) *image.NRGBA {
	b := full.Bounds()
	width, height := b.Dx(), b.Dy()
	if longer := max(width, height); longer > PreviewSize {
		width, height = max(1, width*PreviewSize/longer), max(1, height*PreviewSize/longer)
	}
	small := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(small, small.Bounds(), full, b, draw.Src, nil)
	return small
}

func encode(small *image.NRGBA) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if small.Opaque() {
		err = jpeg.Encode(&b, small, &jpeg.Options{Quality: 82})
	} else {
		err = png.Encode(&b, small)
	}
	return b.Bytes(), err
}

// saved is the preview that GIMP left of a file as it is now. The thumbnail
// specification names it by the file's URI and has its time in it.
func (w *Workspace) saved(p string, e Entry) ([]byte, error) {
	if w.cfg.Thumbnails == "" {
		return nil, ErrPicture
	}
	p, err := within(p)
	if err != nil {
		return nil, err
	}
	uri := url.URL{Scheme: "file", Path: filepath.Join(w.cfg.Dir, p)}
	sum := md5.Sum([]byte(uri.String()))
	for _, size := range []string{"large", "normal"} {
		raw, err := os.ReadFile(filepath.Join(w.cfg.Thumbnails, size, hex.EncodeToString(sum[:])+".png"))
		if err != nil || text(raw, "Thumb::MTime") != strconv.FormatInt(e.Modified.Unix(), 10) {
			continue
		}
		return shrink(bytes.NewReader(raw))
	}
	return nil, errors.ErrUnsupported
}

// text is a tEXt chunk of a PNG (RFC 2083, section 4.2.3), "" if there is none.
func text(png []byte, key string) string {
	const signature, around = 8, 12 // around a chunk's data: length, type, CRC
	for at := signature; at+around <= len(png); {
		size := int(png[at])<<24 | int(png[at+1])<<16 | int(png[at+2])<<8 | int(png[at+3])
		if size < 0 || size > len(png)-at-around {
			return ""
		}
		data := png[at+8 : at+8+size]
		if string(png[at+4:at+8]) == "tEXt" {
			if k, v, ok := strings.Cut(string(data), "\x00"); ok && k == key {
				return v
			}
		}
		at += around + size
	}
	return ""
}
