package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/images"
	"github.com/easel-live/easel/tunnel"
	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/remote"
)

// offerFiles adds the session's files, what GIMP has open, and the storage that
// people connect, to a tunnel's services; serve serves them until its context ends.
func offerFiles(f *flags, services map[string]tunnel.Service, logger *slog.Logger) (serve func(context.Context) error, err error) {
	thumbnails := ""
	if cache, err := os.UserCacheDir(); err == nil {
		thumbnails = filepath.Join(cache, "thumbnails") // GIMP's, who has the same home
	}
	files, err := workspace.Open(workspace.Config{Dir: f.Files, Quota: f.Quota, Thumbnails: thumbnails})
	if err != nil {
		return nil, err
	}
	if err := hold(files); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	keep := func(context.Context) {}
	var open remote.Images
	if f.Images != "" {
		hand, done, err := images.OpenHand(f.Display)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w: %w", display.ErrLost, err), files.Close())
		}
		keeper := images.NewKeeper(images.Config{GIMP: images.GIMP{Socket: f.Images}, Hand: hand, Files: files, Dir: f.Files, Log: logger})
		open = keeper
		keep = func(ctx context.Context) {
			defer done()
			keeper.Run(ctx)
		}
	}
	syncer := cloud.New(cloud.Config{Files: files, Dir: f.Files, Log: logger})
	server := remote.NewServer(files, open, syncer)
	services[remote.Service] = server.Serve
	return func(ctx context.Context) error {
		var keeping sync.WaitGroup
		keeping.Go(func() { keep(ctx) })
		keeping.Go(func() { syncer.Run(ctx) })
		err := server.Run(ctx)
		keeping.Wait()
		return errors.Join(err, files.Close())
	}, nil
}

const (
	// heldFor is how long another agent may take to let go of the files: one that
	// ends.
	heldFor   = 10 * time.Second
	heldAgain = 100 * time.Millisecond
)

// hold takes the session's files for this agent alone.
func hold(files *workspace.Workspace) error {
	for began := time.Now(); ; time.Sleep(heldAgain) {
		err := files.Hold()
		if !errors.Is(err, workspace.ErrHeld) || time.Since(began) > heldFor {
			return err
		}
	}
}
