package main

import (
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"

	"github.com/easel-live/easel/bench/gimp"
)

// openArtwork has GIMP show the artwork, pixel by pixel, with the pencil in hand.
// It gives the places to paint at.
func openArtwork(ctx context.Context, s *subject) ([]gimp.Spot, error) {
	spots, err := gimp.NewImage(ctx, s.browser)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "easel-bench-")
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // GIMP may run as another user
		return nil, err
	}
	path := filepath.Join(dir, "artwork.png")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	width, height := gimp.Extent(s.picture, spots)
	if err := errors.Join(png.Encode(file, gimp.Artwork(width, height)), file.Close()); err != nil {
		return nil, err
	}
	return spots, gimp.Open(ctx, s.browser, path)
}
