// Package codec names the ways a layer can be encoded, and what a receiver has
// to know of each. It is a leaf without C, so that packets, signalling and
// encoders can speak of the same thing.
package codec

import "fmt"

// Codec is a video codec with one profile of it.
type Codec uint8

// The codecs. The two with 4:4:4 chroma carry the screen's own red, green and
// blue, and can become bit-exact; the others carry half of the colour's detail.
const (
	VP8     Codec = iota + 1 // RFC 6386
	VP9                      // profile 0: 4:2:0
	VP9Full                  // profile 1: 4:4:4
	AV1                      // profile 0 (main): 4:2:0
	AV1Full                  // profile 1 (high): 4:4:4
	H264                     // constrained baseline: 4:2:0
)

var names = map[Codec]string{
	VP8: "VP8", VP9: "VP9", VP9Full: "VP9 4:4:4", AV1: "AV1", AV1Full: "AV1 4:4:4", H264: "H.264",
}

// String is the codec's name for people.
func (c Codec) String() string {
	if n, ok := names[c]; ok {
		return n
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

// Full says whether the codec keeps all of the colour: whether it can show the
// very pixels of the screen.
func (c Codec) Full() bool { return c == VP9Full || c == AV1Full }

// Colour says how numbers in a stream become light: code points of ITU-T H.273
// (tables 2, 3 and 4) and whether they use all of the range.
type Colour struct {
	Primaries, Transfer, Matrix uint8
	FullRange                   bool
}

// Colours that streams have.
var (
	// RGB is the screen's own: sRGB, planes of green, blue and red.
	RGB = Colour{Primaries: 1, Transfer: 13, Matrix: 0, FullRange: true}
	// Video is what browsers take a stream for that says nothing (BT.601).
	Video = Colour{Primaries: 6, Transfer: 6, Matrix: 6}
)

// Colour of a stream in this codec.
func (c Codec) Colour() Colour {
	if c.Full() {
		return RGB
	}
	return Video
}
