package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/easel-live/easel/tunnel"
	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/remote"
)

// offerFiles adds the session's files to a tunnel's services; serve serves them
// until its context ends.
func offerFiles(f *flags, services map[string]tunnel.Service) (serve func(context.Context) error, err error) {
	thumbnails := ""
	if cache, err := os.UserCacheDir(); err == nil {
		thumbnails = filepath.Join(cache, "thumbnails") // GIMP's, who has the same home
	}
	files, err := workspace.Open(workspace.Config{Dir: f.Files, Quota: f.Quota, Thumbnails: thumbnails})
	if err != nil {
		return nil, err
	}
	server := remote.NewServer(files)
	services[remote.Service] = server.Serve
	return func(ctx context.Context) error { return errors.Join(server.Run(ctx), files.Close()) }, nil
}
