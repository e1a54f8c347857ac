package workspace

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/image/tiff"
)

func picture(width, height int, alpha uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), 200, alpha})
		}
	}
	return img
}

func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func TestPreviews(t *testing.T) {
	p := open(t, 0)
	var tif, jpg bytes.Buffer
	p.must(tiff.Encode(&tif, picture(300, 600, 255), nil))
	p.must(jpeg.Encode(&jpg, picture(600, 300, 255), nil))
	p.put("a.png", string(pngOf(picture(1000, 500, 255))))
	p.put("clear.PNG", string(pngOf(picture(40, 20, 100))))
	p.put("b.tif", tif.String())
	p.put("c.jpg", jpg.String())
	for name, want := range map[string]image.Point{"a.png": {256, 128}, "clear.PNG": {40, 20}, "b.tif": {128, 256}, "c.jpg": {256, 128}} {
		small, err := p.Preview(context.Background(), name)
		p.must(err)
		cfg, kind, err := image.DecodeConfig(bytes.NewReader(small))
		p.must(err)
		if cfg.Width != want.X || cfg.Height != want.Y || (kind == "png") != (name == "clear.PNG") {
			t.Errorf("%s: %s of %dx%d", name, kind, cfg.Width, cfg.Height)
		}
	}
}

// withSize says in a PNG's header that it is as large as one likes.
func withSize(raw []byte, width, height uint32) []byte {
	raw = bytes.Clone(raw)
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return raw
}

func TestHostilePicturesAreRefused(t *testing.T) {
	p := open(t, 0)
	good := pngOf(picture(10, 10, 255))
	p.put("huge.png", string(withSize(good, 1<<30, 1<<30)))
	p.put("wide.png", string(withSize(good, 1<<31-1, 1)))
	p.put("short.png", string(good[:len(good)/2]))
	p.put("empty.png", "")
	p.put("text.png", "<svg onload=alert(1)>")
	p.put("none.xcf", "gimp xcf v011")
	p.put("a.txt", "text")
	for _, name := range p.names("") {
		_, err := p.Preview(context.Background(), name)
		p.refused(name, err, ErrPicture)
	}
	_, err := p.Preview(context.Background(), "missing.png")
	p.refused("what is not there", err, ErrNotFound)
}

func TestGIMPsOwnPreviewsAreUsed(t *testing.T) {
	p := open(t, 0)
	p.put("a b.xcf", "gimp xcf v011")
	modified := time.Unix(1_700_000_000, 0)
	p.must(os.Chtimes(filepath.Join(p.dir, "a b.xcf"), modified, modified))
	sum := md5.Sum([]byte("file://" + p.dir + "/a%20b.xcf"))
	dir := filepath.Join(p.dir, "..", "thumbnails", "normal")
	p.must(os.MkdirAll(dir, 0o700))
	thumb := func(mtime int64) {
		raw := pngOf(picture(128, 64, 255))
		data := append([]byte("tEXtThumb::MTime\x00"), strconv.FormatInt(mtime, 10)...)
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
		chunk = binary.BigEndian.AppendUint32(append(chunk, data...), crc32.ChecksumIEEE(data))
		raw = append(raw[:33:33], append(chunk, raw[33:]...)...) // after IHDR
		p.must(os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".png"), raw, 0o600))
	}
	thumb(modified.Unix())
	small, err := p.Preview(context.Background(), "a b.xcf")
	p.must(err)
	if cfg, _, _ := image.DecodeConfig(bytes.NewReader(small)); cfg.Width != 128 {
		t.Errorf("it is %d wide", cfg.Width)
	}
	thumb(modified.Unix() - 1)
	_, err = p.Preview(context.Background(), "a b.xcf")
	p.refused("of an older content", err, ErrPicture)
}

func BenchmarkPreview(b *testing.B) {
	raw := pngOf(picture(1920, 1080, 255))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := shrink(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}
