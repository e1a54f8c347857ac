package capture

import (
	"fmt"
	"image"

	"github.com/easel-live/easel/capture/damage"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/encode"
)

// sizes are a display's, in each of a layer's resolutions.
type sizes struct{ full image.Point }

func (s sizes) of(size Size) image.Point {
	if size == Half {
		return encode.HalfSize(s.full)
	}
	return s.full
}

// source is the display's picture in one size and one kind of colour, which the
// layers that encode it share. It is kept up to date while one of them is
// watched. Rectangles are in pixels of the display.
type source struct {
	size    Size
	full    bool    // all of the colour
	from    *source // that a smaller one is scaled from; nil: from the display
	picture *encode.Picture
	used    bool
	stale   damage.Region // changed, but not yet here
}

// resize makes the picture for a display of another size.
func (c *source) resize(to sizes) error {
	c.close()
	format := encode.I420
	if c.full {
		format = encode.GBR
	}
	var err error
	if c.picture, err = encode.NewPicture(format, to.of(c.size)); err != nil {
		return err
	}
	c.stale.Clear()
	c.stale.Add(image.Rectangle{Max: to.full})
	return nil
}

// captured takes what is new among pixels that were captured, or notes that it
// missed it. One that missed something before takes all of them.
func (c *source) captured(t *display.Tile, changed *damage.Region) error {
	switch {
	case c.from != nil || !c.used:
		c.stale.AddRegion(changed)
	case !c.stale.Empty():
		return c.update(t, t.Rect)
	default:
		for _, r := range changed.Rects() {
			if err := c.update(t, r.Intersect(t.Rect)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *source) update(t *display.Tile, r image.Rectangle) error {
	if err := c.picture.Update(pixelsAt(t, r.Min), t.Stride(), r); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	return nil
}

// isReady says whether there is a picture to encode.
func (c *source) isReady() bool {
	if c.from != nil {
		return c.from.isReady()
	}
	return c.picture != nil && c.stale.Empty()
}

// refresh scales what changed.
func (c *source) refresh() error {
	if c.from == nil {
		return nil
	}
	for _, r := range c.stale.Rects() {
		if err := c.picture.Halve(c.from.picture, r); err != nil {
			return fmt.Errorf("capture: %w", err)
		}
	}
	c.stale.Clear()
	return nil
}

func (c *source) close() {
	if c.picture != nil {
		c.picture.Close()
		c.picture = nil
	}
}

// newSources makes the sources that renditions need, and the layers on them:
// the largest first, for they are what the hand waits for.
func newSources(o *Options) (sources []*source, layers []*layer) {
	find := func(size Size, full bool) *source {
		for _, c := range sources {
			if c.size == size && c.full == full {
				return c
			}
		}
		c := &source{size: size, full: full}
		sources = append(sources, c)
		return c
	}
	for _, size := range []Size{Full, Half} {
		for i, r := range o.Renditions {
			for j, s := range r.Sizes {
				if s != size {
					continue
				}
				on := find(size, r.Codec.Full())
				if size != Full {
					on.from = find(Full, r.Codec.Full())
				}
				layers = append(layers, newLayer(LayerID{i, j}, r.Codec, on, o))
			}
		}
	}
	return sources, layers
}
