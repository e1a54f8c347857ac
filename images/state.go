package images

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/easel-live/easel/workspace"
)

// State is what people are told about the images of a session.
type State struct {
	Images  []Shown  `json:"images"`
	Exports []Export `json:"exports"` // the latest, oldest first
	// Lost are copies of what a GIMP that is gone had open and nobody saved.
	Lost []workspace.Copy `json:"lost"`
}

// Shown is an open image as people are told of it.
type Shown struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Path   string `json:"path"` // its file in the workspace; empty without one
	Dirty  bool   `json:"dirty"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// State is how things stand as of the last look.
func (k *Keeper) State(context.Context) (State, error) {
	copies, err := k.cfg.Files.Copies()
	if err != nil {
		return State{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := State{Images: []Shown{}, Exports: append([]Export{}, k.exports...), Lost: []workspace.Copy{}}
	for _, i := range k.open {
		s.Images = append(s.Images, Shown{i.ID, i.title(), k.inside(i.source()), i.Dirty, i.Width, i.Height})
	}
	for _, c := range copies {
		if k.lost(c.ID) {
			s.Lost = append(s.Lost, c)
		}
	}
	return s, nil
}

// lost says whether a copy is of a GIMP that is gone; the caller holds mu. As
// long as none has answered nobody knows.
func (k *Keeper) lost(id string) bool {
	return k.pid != 0 && !strings.HasPrefix(id, strconv.Itoa(k.pid)+"-")
}

// Open has GIMP open a file of the workspace, or add it as a layer to the image
// that was opened last.
func (k *Keeper) Open(ctx context.Context, path string, layer bool) error {
	file, err := k.cfg.Files.Locate(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, copyPatience)
	defer cancel()
	if !layer {
		return k.openSoon(ctx, file)
	}
	open, _, err := k.cfg.GIMP.List(ctx)
	if err != nil {
		return err
	}
	newest := -1
	for _, image := range open {
		newest = max(newest, image.ID)
	}
	if newest < 0 {
		return k.openSoon(ctx, file)
	}
	return k.cfg.GIMP.Layer(ctx, file, newest)
}

// launch is how long a GIMP that has just been started may need before it takes
// files.
const launch = 30 * time.Second

// openSoon has GIMP open a file, as soon as it takes files.
func (k *Keeper) openSoon(ctx context.Context, file string) error {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for began := time.Now(); ; {
		err := k.cfg.GIMP.Open(ctx, file)
		if err == nil || time.Since(began) > launch {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// Recover makes a file of a lost image's copy, has GIMP open it, and returns the
// file's path.
func (k *Keeper) Recover(ctx context.Context, id string) (string, error) {
	path, err := k.take(id)
	if err != nil {
		return "", err
	}
	return path, k.Open(ctx, path, false)
}

// Discard puts a lost image's copy into the trash.
func (k *Keeper) Discard(id string) error {
	path, err := k.take(id)
	if err == nil {
		_, err = k.cfg.Files.Delete(path)
	}
	return err
}

// take makes a file of a lost image's copy.
func (k *Keeper) take(id string) (string, error) {
	k.mu.Lock()
	lost := k.lost(id)
	k.mu.Unlock()
	if !lost {
		return "", fmt.Errorf("%w: no image %q was lost", workspace.ErrNotFound, id)
	}
	return k.cfg.Files.Recover(id)
}
