// Package encode turns captured pixels into compressed video: libyuv converts
// what changed into a persistent picture, and an Encoder per layer and codec
// encodes it: VP8 and VP9 by libvpx, AV1 by libaom, H.264 by what libavcodec finds on
// the machine, a GPU first. It is the one package that calls C, knows nothing of displays or
// networks, and takes plain rectangles and numbers.
package encode

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/easel-live/easel/capture/codec"
)

// Encoder encodes the successive states of one picture. Its first frame is a
// keyframe. Not for use by several goroutines at once.
type Encoder interface {
	// Encode encodes the picture as it is now, as one frame. The picture has
	// the size and the format that the encoder was made for.
	Encode(*Picture, Request) (Frame, error)
	// SetBitrate changes the target, in 1,000 bits per second, from the next
	// frame.
	SetBitrate(kbps int) error
	// Exact says whether receivers of all frames so far now see the very pixels
	// of the picture within a rectangle.
	Exact(*Picture, image.Rectangle) bool
	// Close frees the encoder.
	Close()
}

// Options are the settings of an encoder.
type Options struct {
	Size image.Point // pixels; any, odd sides too
	Kbps int         // target bitrate in 1,000 bits per second
}

// Request says what to encode.
type Request struct {
	// Changed covers what changed in the picture since the encoder last saw
	// it; the rest is taken to be as it was, and costs next to nothing.
	Changed []image.Rectangle
	// At is when the picture was captured, on any clock that only goes forward.
	At time.Duration
	// Key asks for a keyframe, which shows all of the picture.
	Key bool
	// Quality is what counts more than the bitrate: for a picture at rest.
	Quality Quality
	// Bytes is what the frame may take, whatever it looks like then, as well as
	// that can be told beforehand; 0: what the bitrate allows. Encoders that keep
	// single frames near the bitrate by themselves, as H.264's do, go by that.
	Bytes int
}

// Quality says how good a frame has to be.
type Quality uint8

// The qualities.
const (
	Moving Quality = iota // what the bitrate allows
	Fine                  // cannot be told from the screen by eye
	Exact                 // the screen's very pixels, if the codec can; else as Fine
)

// Frame is one encoded frame.
type Frame struct {
	Data      []byte // the encoder's memory, valid until its next call
	Key       bool
	Quantizer int // 0 best, or not told; 63 worst
}

// ErrCodec is wrapped when this build or machine has no encoder for a codec.
var ErrCodec = errors.New("encode: no encoder")

// New makes an encoder for a codec.
func New(c codec.Codec, o Options) (Encoder, error) {
	if o.Size.X < 1 || o.Size.Y < 1 || o.Size.X > MaxSide || o.Size.Y > MaxSide {
		return nil, fmt.Errorf("%w: %v", ErrSize, o.Size)
	}
	o.Kbps = max(o.Kbps, 1)
	switch c {
	case codec.VP8, codec.VP9, codec.VP9Full, codec.AV1, codec.AV1Full:
		return newSteered(c, o)
	case codec.H264:
		return newH264(o)
	default:
		return nil, fmt.Errorf("%w for %v", ErrCodec, c)
	}
}
