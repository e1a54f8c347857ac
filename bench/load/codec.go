package load

import (
	"encoding/binary"
	"fmt"

	"github.com/pion/webrtc/v4"
)

// Codec is what the publishers' packets look like.
type Codec string

// Codecs of a run.
const (
	VP8  Codec = "vp8"
	H264 Codec = "h264"
)

// format is how a codec's packets are told and made. The pictures are noise; all
// that a server reads is true.
type format interface {
	capability() webrtc.RTPCodecCapability
	// before is a packet that goes before a key frame, without its stamp; none:
	// nil. room is what the packet has for it.
	before() []byte
	// overhead is what a packet of a frame has before its part of the picture.
	overhead() int
	// describe writes that, and what opens a picture after it.
	describe(b []byte, part part)
	// keyStart tells the first packet of a key frame.
	keyStart(payload []byte) bool
}

// part is a packet's place in its frame.
type part struct {
	first, last, key bool
	picture          uint16 // counts frames
}

func (c Codec) format() (format, error) {
	switch c {
	case VP8:
		return vp8{}, nil
	case H264:
		return h264{}, nil
	}
	return nil, fmt.Errorf("%w: codec %q", ErrOption, c)
}

// vp8 has the descriptor that browsers send, with picture id, TL0PICIDX and TID
// (RFC 7741, section 4.2).
type vp8 struct{}

func (vp8) capability() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}
}

func (vp8) before() []byte { return nil }
func (vp8) overhead() int  { return 6 }

func (vp8) describe(b []byte, p part) {
	b[0] = 0x80 // X
	if p.first {
		b[0] |= 0x10 // S
	}
	b[1] = 0xE0                           // I, L, T
	b[2] = 0x80 | byte(p.picture>>8)&0x7F // M
	b[3], b[4] = byte(p.picture), byte(p.picture)
	b[5] = 0 // TID 0
	if !p.first {
		return
	}
	// The frame tag: version 0, shown; a key frame's start code and size
	// (RFC 6386, section 9.1).
	f := b[6:]
	f[0], f[1], f[2] = 0x10, 0, 0
	if !p.key {
		f[0] |= 0x01
		return
	}
	f[3], f[4], f[5] = 0x9D, 0x01, 0x2A
	binary.LittleEndian.PutUint16(f[6:], pictureWidth)
	binary.LittleEndian.PutUint16(f[8:], pictureHeight)
}

func (vp8) keyStart(payload []byte) bool {
	d, ok := vp8Descriptor(payload)
	return ok && payload[0]&0x10 != 0 && payload[0]&0x07 == 0 &&
		len(payload) > d && payload[d]&0x01 == 0
}

// vp8Descriptor is the length of a payload's descriptor (RFC 7741, section 4.2).
func vp8Descriptor(payload []byte) (size int, ok bool) {
	if len(payload) < 2 {
		return 0, false
	}
	if payload[0]&0x80 == 0 {
		return 1, true
	}
	size = 2
	flags := payload[1]
	if flags&0x80 != 0 {
		if len(payload) < 3 {
			return 0, false
		}
		size++
		if payload[2]&0x80 != 0 {
			size++
		}
	}
	if flags&0x40 != 0 {
		size++
	}
	if flags&0x30 != 0 {
		size++
	}
	return size, size <= len(payload)
}

// h264 cuts each picture's slice into FU-A fragments, with the parameter sets in
// a STAP-A before a key frame (RFC 6184, sections 5.7.1 and 5.8).
type h264 struct{}

// NAL unit types of RFC 6184 and H.264, table 7-1.
const (
	nalSlice, nalIDR, nalSPS, nalFiller, nalSTAPA, nalFUA = 1, 5, 7, 12, 24, 28
	nalImportant                                          = 0x60
)

func (h264) capability() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: clockRate,
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}
}

// before is a STAP-A of the parameter sets of 1280x800, baseline, and of a filler
// unit that the stamp becomes the content of.
func (h264) before() []byte {
	sps := []byte{nalImportant | nalSPS, 0x42, 0xE0, 0x1F, 0xDA, 0x01, 0x40, 0x19, 0x64}
	pps := []byte{0x68, 0xCE, 0x3C, 0x80}
	b := []byte{nalImportant | nalSTAPA}
	for _, unit := range [][]byte{sps, pps} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(unit)))
		b = append(b, unit...)
	}
	b = binary.BigEndian.AppendUint16(b, 1+stampSize)
	return append(b, nalFiller)
}

func (h264) overhead() int { return 2 }

func (h264) describe(b []byte, p part) {
	kind := byte(nalSlice)
	if p.key {
		kind = nalIDR
	}
	if p.first && p.last { // a fragment alone is not allowed: a whole unit
		b[0], b[1] = nalImportant|kind, 0x80
		return
	}
	b[0], b[1] = nalImportant|nalFUA, kind
	if p.first {
		b[1] |= 0x80
	}
	if p.last {
		b[1] |= 0x40
	}
}

func (h264) keyStart(payload []byte) bool {
	return len(payload) > 3 && payload[0]&0x1F == nalSTAPA && payload[3]&0x1F == nalSPS
}
