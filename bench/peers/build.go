package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// livekitVersion is also in go.mod, which pins what is built.
const (
	livekitVersion = "v1.13.5"
	livekitPackage = "github.com/livekit/livekit-server/cmd/server"
)

// buildLiveKit builds livekit-server once for this user and returns its path.
// It takes a few minutes the first time, on two cores. The working directory
// must be this module's.
func buildLiveKit(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	dir := filepath.Join(cache, "easel-bench")
	path := filepath.Join(dir, "livekit-server-"+livekitVersion)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	fmt.Fprintln(os.Stderr, "building livekit-server", livekitVersion, "into", dir)
	// Another path first: an interrupted build leaves no half a server behind.
	fresh := path + ".building"
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", fresh, livekitPackage)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build livekit-server: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return "", fmt.Errorf("build livekit-server: %w", err)
	}
	return path, nil
}
