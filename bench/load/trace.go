package load

import (
	"bufio"
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed gimp.trace
var recorded string

// show is an endless sequence of frames.
type show interface {
	Next() Frame
	// Keyframe is the size of a picture that needs no other, in bytes.
	Keyframe() int
}

// Replay shows over and over what a viewer once received of a session in which
// somebody painted in GIMP: its frames' sizes and times, as many bytes a second
// as wanted.
type Replay struct {
	frames []Frame
	key    int
	length time.Duration
	scale  float64
	next   int
	began  time.Duration
}

// NewReplay replays the recording at bitrate bits per second, from somewhere in
// it that the seed says.
func NewReplay(seed uint64, bitrate int) (*Replay, error) {
	r, err := parseTrace(recorded)
	if err != nil {
		return nil, err
	}
	bytes := 0
	for _, f := range r.frames {
		bytes += f.Size
	}
	r.scale = float64(bitrate) / 8 * r.length.Seconds() / float64(bytes)
	r.next = int(seed % uint64(len(r.frames)))
	r.began = -r.frames[r.next].At
	return r, nil
}

// parseTrace reads lines of "milliseconds bytes"; the first is a key frame, which
// is not part of what is repeated.
func parseTrace(text string) (*Replay, error) {
	r := &Replay{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var ms float64
		var size int
		if _, err := fmt.Sscanf(lines.Text(), "%f %d", &ms, &size); err != nil || size <= 0 {
			return nil, fmt.Errorf("load: recording: line %q", lines.Text())
		}
		at := time.Duration(ms * float64(time.Millisecond))
		if r.key == 0 {
			r.key = size
			continue
		}
		if at < r.length {
			return nil, fmt.Errorf("load: recording: line %q goes back in time", lines.Text())
		}
		r.length = at
		r.frames = append(r.frames, Frame{At: at, Size: size})
	}
	if len(r.frames) == 0 {
		return nil, fmt.Errorf("load: recording: empty")
	}
	return r, nil
}

// Next is the next frame.
func (r *Replay) Next() Frame {
	f := r.frames[r.next]
	f.At += r.began
	f.Size = clampFrame(float64(f.Size) * r.scale)
	if r.next++; r.next == len(r.frames) {
		r.next, r.began = 0, r.began+r.length
	}
	return f
}

// Keyframe is the recording's own, to scale.
func (r *Replay) Keyframe() int { return clampFrame(float64(r.key) * r.scale) }
