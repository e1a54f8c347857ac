// Package movietest decodes what encoders made with FFmpeg's own decoders, which
// share nothing with the libraries that encode.
package movietest

import (
	"bytes"
	"encoding/binary"
	"image"
	"os/exec"
	"testing"
)

// Movie collects frames as an IVF file.
type Movie struct {
	size   image.Point
	file   bytes.Buffer
	frames uint64
}

// New starts a movie: fourcc is VP80, VP90, AV01 or H264.
func New(fourcc string, size image.Point) *Movie {
	m := &Movie{size: size}
	m.file.WriteString("DKIF\x00\x00\x20\x00" + fourcc)
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(size.X))
	b = le.AppendUint16(b, uint16(size.Y))
	b = le.AppendUint32(b, 30)
	b = le.AppendUint32(b, 1)
	m.file.Write(append(b, make([]byte, 8)...))
	return m
}

// Add copies a frame.
func (m *Movie) Add(frame []byte) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))
	m.file.Write(binary.LittleEndian.AppendUint64(b, m.frames))
	m.file.Write(frame)
	m.frames++
}

// Last decodes the movie and returns its last frame in B, G, R, unused order.
func (m *Movie) Last(t *testing.T) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "ivf", "-i", "-", "-vsync", "passthrough",
		"-f", "rawvideo", "-pix_fmt", "bgr0", "-")
	cmd.Stdin = bytes.NewReader(m.file.Bytes())
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || complaint.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, complaint.String())
	}
	one := m.size.X * m.size.Y * 4
	if len(out) != one*int(m.frames) {
		t.Fatalf("%d frames decoded of %d", len(out)/one, m.frames)
	}
	return out[len(out)-one:]
}
