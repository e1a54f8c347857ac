// Package client carries the built web app inside the server's binary.
package client

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is what the web app's build made: index.html, assets and more. It is
// empty but for .gitkeep when the app was not built.
func Dist() (fs.FS, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("web app: %w", err)
	}
	return sub, nil
}
