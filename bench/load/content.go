package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Frame is one picture of the content.
type Frame struct {
	At   time.Duration // since the content began
	Size int           // bytes, encoded
}

// Kind is where a publisher's content comes from.
type Kind string

// Kinds of content.
const (
	Recorded Kind = "recorded" // received once from a session that was painted in
	Made     Kind = "made"     // of the same shape, different with every seed
)

func (k Kind) show(seed uint64, bitrate int) (show, error) {
	switch k {
	case Recorded:
		return NewReplay(seed, bitrate)
	case Made:
		return NewContent(seed, bitrate), nil
	}
	return nil, fmt.Errorf("%w: content %q", ErrOption, k)
}

// Content is an endless sequence of frames whose sizes and pauses are those of
// somebody painting in GIMP, seen by a damage-driven encoder: strokes at the
// frame rate with small frames, pauses with none at all, now and then a dialog
// or a filter that changes most of the screen at once. The same seed and rate
// give the same frames.
type Content struct {
	rng   *rand.Rand
	mean  float64 // bytes of an average stroke frame
	now   time.Duration
	phase int // frames left in this stroke
}

// The shape of the content. Of all bytes, dialogs are about a twelfth.
const (
	frameRate     = 30
	strokeFrames  = 30        // average length of a stroke
	pause         = 0.45      // seconds between strokes, on average
	dialogChance  = 0.25      // how often a stroke ends in a dialog
	dialogFrames  = 10        // a dialog's frame, and a key frame, in stroke frames
	sizeSpread    = 0.6       // sigma of a stroke frame's size (log-normal)
	minFrame      = 200       // bytes
	maxFrame      = 256 << 10 // bytes
	frameInterval = time.Second / frameRate
)

// NewContent makes content that averages bitrate bits per second.
func NewContent(seed uint64, bitrate int) *Content {
	cycle := float64(strokeFrames)/frameRate + pause
	perCycle := strokeFrames + dialogChance*dialogFrames
	return &Content{
		rng:  rand.New(rand.NewPCG(seed, 0)),
		mean: float64(bitrate) / 8 * cycle / perCycle,
	}
}

// Next is the next frame.
func (c *Content) Next() Frame {
	if c.phase > 0 {
		c.phase--
		c.now += frameInterval
		// exp(-s²/2) makes the log-normal's mean one.
		factor := math.Exp(sizeSpread*c.rng.NormFloat64() - sizeSpread*sizeSpread/2)
		return c.frame(c.mean * factor)
	}
	c.phase = strokeFrames/2 + c.rng.IntN(strokeFrames+1)
	c.now += time.Duration(pause * (0.5 + c.rng.Float64()) * float64(time.Second))
	if c.rng.Float64() < dialogChance {
		return c.frame(c.mean * dialogFrames)
	}
	return c.frame(c.mean)
}

// Keyframe is the size of a picture that needs no other, in bytes.
func (c *Content) Keyframe() int {
	return clampFrame(c.mean * dialogFrames)
}

func (c *Content) frame(size float64) Frame {
	return Frame{At: c.now, Size: clampFrame(size)}
}

func clampFrame(size float64) int { return int(min(max(size, minFrame), maxFrame)) }
