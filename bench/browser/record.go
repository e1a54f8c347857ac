package browser

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"image"
	"time"

	"github.com/chromedp/chromedp"
)

//go:embed record.js
var recordScript string

// maxRecorded bounds the pixels that a page keeps of a recording, in bytes.
const maxRecorded = 400 << 20

// Shot is a frame that the page's video showed.
type Shot struct {
	At     float64 `json:"at"` // presented: Unix milliseconds
	Width  int     `json:"width"`
	Height int     `json:"height"`
}

// Time is when the frame was presented.
func (s Shot) Time() time.Time { return time.UnixMicro(int64(s.At * 1000)) }

// Record keeps what the video shows, pixel by pixel, from now until Recorded, at
// most one frame in gap. Reading a frame costs the page some milliseconds.
func (b *Browser) Record(gap time.Duration) error {
	picture, err := b.Picture()
	if err != nil {
		return err
	}
	most := max(maxRecorded/(picture.Width*picture.Height*4), 2)
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](recordScript)); err != nil {
		return fmt.Errorf("browser: record: %w", err)
	}
	started, err := Evaluate[bool](b, fmt.Sprintf(`easelRecord.start(%d, %d)`, gap.Milliseconds(), most))
	if err == nil && !started {
		err = ErrNoPicture
	}
	return err
}

// Recorded ends a recording and gives its frames in order; the first was shown
// when it began.
func (b *Browser) Recorded() ([]Shot, error) { return Evaluate[[]Shot](b, `easelRecord.stop()`) }

// Pixels are those of the i-th frame of the recording.
func (b *Browser) Pixels(i int, s Shot) (*image.RGBA, error) {
	text, err := Evaluate[string](b, fmt.Sprintf(`easelRecord.pixels(%d)`, i))
	if err != nil {
		return nil, err
	}
	pixels, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(pixels) != 4*s.Width*s.Height {
		return nil, fmt.Errorf("browser: a frame of %d bytes for %dx%d pixels: %w", len(pixels), s.Width, s.Height, err)
	}
	return &image.RGBA{Pix: pixels, Stride: 4 * s.Width, Rect: image.Rect(0, 0, s.Width, s.Height)}, nil
}
