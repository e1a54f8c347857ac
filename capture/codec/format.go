package codec

import (
	"fmt"
	"strings"
)

// format is how a codec is called by people who type, and by WebRTC.
type format struct {
	codec            Codec
	name, mime, fmtp string
}

var formats = []format{
	{VP8, "vp8", "video/VP8", ""},
	{VP9, "vp9", "video/VP9", "profile-id=0"},
	{VP9Full, "vp9-444", "video/VP9", "profile-id=1"},
	{AV1, "av1", "video/AV1", "profile=0"},
	{AV1Full, "av1-444", "video/AV1", "profile=1"},
	{H264, "h264", "video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
}

// Format is the codec's MIME type and fmtp line in session descriptions.
func (c Codec) Format() (mime, fmtp string) {
	for _, f := range formats {
		if f.codec == c {
			return f.mime, f.fmtp
		}
	}
	return "", ""
}

// Parse reads a list of codecs by their short names, commas between them.
func Parse(list string) ([]Codec, error) {
	var codecs []Codec
	for name := range strings.SplitSeq(list, ",") {
		c, err := parse(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		codecs = append(codecs, c)
	}
	return codecs, nil
}

func parse(name string) (Codec, error) {
	known := make([]string, 0, len(formats))
	for _, f := range formats {
		if f.name == name {
			return f.codec, nil
		}
		known = append(known, f.name)
	}
	return 0, fmt.Errorf("codec: %q is none of %s", name, strings.Join(known, ", "))
}

// Describe writes a colour as WebRTC's color-space header extension does: the
// three code points, then range (2: full, 1: limited) in bits 4 and 5; where
// chroma sits is left open.
func (c Colour) Describe() []byte {
	span := byte(1)
	if c.FullRange {
		span = 2
	}
	return []byte{c.Primaries, c.Transfer, c.Matrix, span << 4}
}
