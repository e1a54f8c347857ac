package clipboard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 5), uint8(x ^ y), 200})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func ihdr(w, h uint32, rest ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, w)
	return pngChunk("IHDR", append(binary.BigEndian.AppendUint32(b, h), rest...))
}

func file(chunks ...[]byte) []byte {
	return append([]byte(signature), bytes.Join(chunks, nil)...)
}

func TestCleanPNGKeepsThePicture(t *testing.T) {
	original := picture(t, 40, 30)
	end := len(original) - 12 // of what comes before IEND
	dirty := bytes.Join([][]byte{original[:33], pngChunk("tEXt", []byte("Author\x00me")), pngChunk("zTXt", make([]byte, 900)),
		pngChunk("acTL", make([]byte, 8)), original[33:end], pngChunk("prVt", []byte("x")), original[end:], []byte("trailing")}, nil)
	clean, size, err := CleanPNG(dirty)
	if err != nil || size != image.Pt(40, 30) || !bytes.Equal(clean, original) {
		t.Fatalf("%v, %v, %d bytes, want %d", err, size, len(clean), len(original))
	}
}

func TestCleanPNGRefuses(t *testing.T) {
	good := picture(t, 4, 4)
	damaged := bytes.Clone(good)
	damaged[40] ^= 1
	ok, data, end := ihdr(4, 4, 8, 6, 0, 0, 0), pngChunk("IDAT", []byte{1}), pngChunk("IEND", nil)
	for name, b := range map[string][]byte{
		"nothing":                  nil,
		"a JPEG":                   []byte("\xff\xd8\xff\xe0 and so on, and so on"),
		"half of it":               good[:len(good)/2],
		"a damaged piece":          damaged,
		"a bomb":                   file(ihdr(1<<31-1, 1<<31-1, 8, 6, 0, 0, 0), data, end),
		"a flat bomb":              file(ihdr(MaxSide+1, 1, 8, 6, 0, 0, 0), data, end),
		"a large square":           file(ihdr(MaxSide, MaxSide, 1, 0, 0, 0, 0), data, end),
		"no width":                 file(ihdr(0, 4, 8, 6, 0, 0, 0), data, end),
		"a depth that isn't":       file(ihdr(4, 4, 3, 6, 0, 0, 0), data, end),
		"a colour type that isn't": file(ihdr(4, 4, 8, 5, 0, 0, 0), data, end),
		"a short header":           file(pngChunk("IHDR", []byte{1}), data, end),
		"two headers":              file(ok, ok, data, end),
		"pixels before a header":   file(data, ok, end),
		"no pixels":                file(ok, end),
		"a length beyond the end":  append(file(ok), 0xff, 0xff, 0xff, 0xff, 'I', 'D', 'A', 'T', 0, 0, 0, 0),
		"no end":                   file(ok, data),
	} {
		if _, _, err := CleanPNG(b); !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCleanPNG(f *testing.F) {
	f.Add(picture(f, 3, 3))
	f.Add(file(ihdr(4, 4, 8, 6, 0, 0, 0), pngChunk("IDAT", []byte{1}), pngChunk("IEND", nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		clean, size, err := CleanPNG(b)
		if err != nil {
			return
		}
		if size.X < 1 || size.Y < 1 || size.X*size.Y > MaxPixels || len(clean) > len(b) {
			t.Fatalf("%v, %d bytes of %d", size, len(clean), len(b))
		}
		again, _, err := CleanPNG(clean)
		if err != nil || !bytes.Equal(again, clean) {
			t.Fatalf("cleaning is not stable: %v", err)
		}
	})
}

func BenchmarkCleanPNG(b *testing.B) {
	p := picture(b, 800, 600)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := CleanPNG(p); err != nil {
			b.Fatal(err)
		}
	}
}
