package clipboard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"slices"
)

// ErrImage is wrapped by errors about a picture that is not let through.
var ErrImage = errors.New("clipboard: not a picture that can be pasted")

// Limits of a picture: what a decoder makes of it, not what it weighs.
const (
	MaxSide   = 16384    // pixels
	MaxPixels = 64 << 20 // 256 MiB as RGBA
	// maxProfile bounds a compressed colour profile.
	maxProfile = 256 << 10
)

const signature = "\x89PNG\r\n\x1a\n"

// kept are the chunks that say what the pixels look like. Everything else
// (comments, animation, private chunks) stays out.
var kept = [...]string{"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "pHYs"}

// CleanPNG checks a PNG file and leaves only the chunks that make its picture.
// Nothing is decompressed: a file that claims a picture too large, or whose
// chunks do not add up, is refused before anybody decodes it (PNG, third
// edition, sections 5 and 11).
func CleanPNG(b []byte) ([]byte, image.Point, error) {
	var size image.Point
	if len(b) < len(signature) || string(b[:len(signature)]) != signature {
		return nil, size, fmt.Errorf("%w: no PNG", ErrImage)
	}
	out := make([]byte, 0, len(b))
	out = append(out, signature...)
	pixels := false
	for rest := b[len(signature):]; ; {
		if len(rest) < 12 {
			return nil, size, fmt.Errorf("%w: it breaks off", ErrImage)
		}
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			return nil, size, fmt.Errorf("%w: a piece of %d bytes with %d left", ErrImage, n, len(rest)-12)
		}
		chunk := rest[:n+12]
		kind, data := string(chunk[4:8]), chunk[8:8+n]
		if crc32.ChecksumIEEE(chunk[4:8+n]) != binary.BigEndian.Uint32(chunk[8+n:]) {
			return nil, size, fmt.Errorf("%w: %q is damaged", ErrImage, kind)
		}
		if (kind == "IHDR") != (size == image.Point{}) {
			return nil, size, fmt.Errorf("%w: no header, or two", ErrImage)
		}
		switch kind {
		case "IHDR":
			var err error
			if size, err = header(data); err != nil {
				return nil, image.Point{}, err
			}
		case "IDAT":
			pixels = true
		case "IEND":
			if !pixels {
				return nil, size, fmt.Errorf("%w: it has no pixels", ErrImage)
			}
			return append(out, chunk...), size, nil
		}
		if slices.Contains(kept[:], kind) && (kind != "iCCP" || n <= maxProfile) {
			out = append(out, chunk...)
		}
		rest = rest[n+12:]
	}
}

// header reads an IHDR chunk: a colour type that exists at a depth it has, in a
// size that can be shown.
func header(b []byte) (image.Point, error) {
	if len(b) != 13 {
		return image.Point{}, fmt.Errorf("%w: a header of %d bytes", ErrImage, len(b))
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > MaxSide || h > MaxSide || uint64(w)*uint64(h) > MaxPixels {
		return image.Point{}, fmt.Errorf("%w: %dx%d pixels", ErrImage, w, h)
	}
	depths := map[byte][]byte{0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
	if !bytes.Contains(depths[b[9]], b[8:9]) || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return image.Point{}, fmt.Errorf("%w: a header that no PNG has", ErrImage)
	}
	return image.Pt(int(w), int(h)), nil
}
