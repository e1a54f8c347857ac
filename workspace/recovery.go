package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	recoveryDir = private + "/recovery"
	// versions is how many copies of an image are kept: the last one, and the
	// one before should that be damaged.
	versions = 2
)

// Copy is a copy of an image that was open in GIMP with changes that nobody had
// saved.
type Copy struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"` // what people call the image
	Path    string    `json:"path"` // its file in the workspace; empty without one
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	Saved   time.Time `json:"saved"`   // when the copy was begun
	Changed time.Time `json:"changed"` // when the image was last seen to change
	Version int       `json:"version"`
}

// CopyPath is where a program writes the next copy of an image before Keep. It
// is a path of the machine, to a file that ends in .xcf.
func (w *Workspace) CopyPath(id string) (string, error) {
	if !validCopyID(id) {
		return "", fmt.Errorf("%w: %q", ErrName, id)
	}
	dir := path.Join(recoveryDir, id)
	if err := w.root.MkdirAll(dir, dirMode); err != nil {
		return "", named(id, err)
	}
	return filepath.Join(w.cfg.Dir, dir, "saving.xcf"), nil
}

// Keep makes what was written at CopyPath the copy of an image. Until it
// returns, the copy before counts.
func (w *Workspace) Keep(c Copy) error {
	dir := path.Join(recoveryDir, c.ID)
	if !validCopyID(c.ID) {
		return fmt.Errorf("%w: %q", ErrName, c.ID)
	}
	if before, err := w.copy(c.ID); err == nil {
		c.Version = before.Version + 1
	}
	if err := w.fenced(); err != nil {
		return err
	}
	f, err := w.root.OpenFile(dir+"/saving.xcf", os.O_RDWR, 0)
	if err != nil {
		return named(c.ID, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return named(c.ID, err)
	}
	if err := w.root.Rename(dir+"/saving.xcf", versionPath(dir, c.Version)); err != nil {
		return named(c.ID, err)
	}
	raw, err := json.Marshal(c)
	if err == nil {
		err = w.replace(dir+"/info.json", raw)
	}
	if err != nil {
		return named(c.ID, err)
	}
	w.discard(versionPath(dir, c.Version-versions))
	w.measured.forget()
	return w.syncDir(dir)
}

func versionPath(dir string, version int) string {
	return dir + "/" + strconv.Itoa(version) + ".xcf"
}

// Changed notes that an image has changed since its copy was made.
func (w *Workspace) Changed(id string, at time.Time) {
	if validCopyID(id) { // a note that can't be made only makes the loss look smaller
		_ = w.root.Chtimes(path.Join(recoveryDir, id, "info.json"), at, at)
	}
}

// Copies are what there is to recover.
func (w *Workspace) Copies() ([]Copy, error) {
	ids, err := w.names(recoveryDir)
	if err != nil {
		return nil, err
	}
	copies := []Copy{}
	for _, id := range ids {
		if c, err := w.copy(id); err == nil {
			copies = append(copies, c)
		}
	}
	return copies, nil
}

func (w *Workspace) copy(id string) (Copy, error) {
	none := fmt.Errorf("%w: there is no copy %q", ErrNotFound, id)
	if !validCopyID(id) {
		return Copy{}, none
	}
	note := path.Join(recoveryDir, id, "info.json")
	raw, err := w.readSmall(note)
	if err != nil {
		return Copy{}, none
	}
	var c Copy
	if json.Unmarshal(raw, &c) != nil || c.ID != id || c.Version < 0 {
		return Copy{}, none
	}
	if info, err := w.root.Lstat(versionPath(path.Join(recoveryDir, id), c.Version)); err != nil || !info.Mode().IsRegular() {
		return Copy{}, none
	}
	if info, err := w.root.Lstat(note); err == nil && info.ModTime().After(c.Saved) {
		c.Changed = info.ModTime().UTC()
	}
	return c, nil
}

// Recover makes a file of a copy, beside the file that it is of, and returns
// its path.
func (w *Workspace) Recover(id string) (string, error) {
	c, err := w.copy(id)
	if err != nil {
		return "", err
	}
	name := strings.TrimSuffix(path.Base(c.Name), path.Ext(c.Name)) + " (recovered).xcf"
	if CheckName(name) != nil {
		name = "Recovered.xcf"
	}
	dir := "."
	if p, err := within(path.Dir(c.Path)); err == nil {
		if info, err := w.root.Stat(p); err == nil && info.IsDir() {
			dir = p
		}
	}
	p, err := w.settle(versionPath(path.Join(recoveryDir, id), c.Version), path.Join(dir, name))
	if err != nil {
		return "", err
	}
	w.discard(path.Join(recoveryDir, id))
	return escape(p), nil
}

// Forget removes the copy of an image that needs none any more.
func (w *Workspace) Forget(id string) error {
	if !validCopyID(id) {
		return fmt.Errorf("%w: %q", ErrName, id)
	}
	if err := w.fenced(); err != nil {
		return err
	}
	err := w.root.RemoveAll(path.Join(recoveryDir, id))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	w.measured.forget()
	return named(id, err)
}

// validCopyID says whether an image's ID may name a folder: numbers and dashes.
func validCopyID(id string) bool {
	return id != "" && len(id) < 64 && strings.Trim(id, "0123456789-") == ""
}
