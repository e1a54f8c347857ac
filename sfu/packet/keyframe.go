package packet

import (
	"encoding/binary"
	"strings"
)

// Codec is a media format as far as forwarding tells formats apart.
type Codec uint8

// Codecs. Anything else is forwarded blindly, as audio is.
const (
	Other Codec = iota
	CodecVP8
	CodecVP9
	CodecH264
	CodecAV1
)

// CodecOf names the codec of a MIME type such as "video/VP8".
func CodecOf(mime string) Codec {
	switch strings.ToLower(mime) {
	case "video/vp8":
		return CodecVP8
	case "video/vp9":
		return CodecVP9
	case "video/h264":
		return CodecH264
	case "video/av1":
		return CodecAV1
	default:
		return Other
	}
}

// StartsKeyframe says whether payload is the first packet of a frame that a
// decoder can start from. Every packet of an unknown codec is one.
func StartsKeyframe(c Codec, payload []byte) bool {
	switch c {
	case CodecVP8:
		d, ok := ParseVP8(payload)
		return ok && d.Key
	case CodecVP9:
		return vp9Key(payload)
	case CodecH264:
		return h264Key(payload)
	case CodecAV1:
		return av1Key(payload)
	default:
		return true
	}
}

// vp9Key reads the VP9 payload descriptor (RFC 9628 section 4.2): a frame that
// is not inter-picture predicted (P = 0), its beginning (B = 1), in the lowest
// spatial layer.
func vp9Key(b []byte) bool {
	if len(b) < 1 || b[0]&0x40 != 0 || b[0]&0x08 == 0 {
		return false
	}
	at := 1
	if b[0]&0x80 != 0 { // I: picture ID of one or two bytes
		if len(b) <= at {
			return false
		}
		if b[at]&0x80 != 0 {
			at++
		}
		at++
	}
	if b[0]&0x20 != 0 { // L: spatial layer in bits 1-3
		if len(b) <= at {
			return false
		}
		return b[at]>>1&0x07 == 0
	}
	return len(b) > at
}

const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// h264Key looks for the beginning of an IDR picture or of a sequence parameter
// set, which precedes one (RFC 6184 section 5).
func h264Key(b []byte) bool {
	if len(b) < 1 {
		return false
	}
	switch kind := b[0] & 0x1f; kind {
	case nalIDR, nalSPS:
		return true
	case nalSTAPA:
		for b = b[1:]; len(b) > 2; {
			size := int(binary.BigEndian.Uint16(b))
			if size == 0 || size > len(b)-2 {
				return false
			}
			if k := b[2] & 0x1f; k == nalIDR || k == nalSPS {
				return true
			}
			b = b[2+size:]
		}
		return false
	case nalFUA:
		return len(b) > 1 && b[1]&0x80 != 0 && (b[1]&0x1f == nalIDR || b[1]&0x1f == nalSPS)
	default:
		return false
	}
}

// av1Key reads the aggregation header (RTP payload format for AV1, section
// 4.4): N marks the first packet of a coded video sequence, and may not go with
// Z, the continuation of an OBU. A sender that leaves N out is known by the
// sequence header that comes first.
func av1Key(b []byte) bool {
	if len(b) < 2 || b[0]&0x80 != 0 {
		return false
	}
	return b[0]&0x08 != 0 || av1First(b) == obuSequence
}

const obuSequence = 1

// av1First is the type of the first OBU in a packet, -1 when it is cut short.
// Unless it is the only one (W = 1), its length comes before it.
func av1First(b []byte) int {
	at := 1
	if b[0]&0x30 != 0x10 {
		for at < len(b) && b[at]&0x80 != 0 {
			at++
		}
		at++
	}
	if at >= len(b) {
		return -1
	}
	return int(b[at] >> 3 & 0x0f)
}
