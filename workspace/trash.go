package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"
)

const (
	trashDir = private + "/trash"
	// keepTrash is how long what was deleted can come back.
	keepTrash = 30 * 24 * time.Hour
)

// Trashed is something that was deleted.
type Trashed struct {
	ID      string    `json:"id"`
	Path    string    `json:"path"` // where it was
	Kind    Kind      `json:"kind"`
	Size    int64     `json:"size"` // of all files in it, in bytes
	Deleted time.Time `json:"deleted"`
}

// Delete puts a file or folder into the trash.
func (w *Workspace) Delete(p string) (Trashed, error) {
	p, err := within(p)
	if err != nil {
		return Trashed{}, err
	}
	if p == "." {
		return Trashed{}, fmt.Errorf("%w: the workspace itself stays", ErrKind)
	}
	e, err := w.entry(p)
	if err != nil {
		return Trashed{}, err
	}
	size := e.Size
	if e.Kind == Folder {
		if size, _, err = w.sum(p); err != nil {
			return Trashed{}, err
		}
	}
	t := Trashed{ID: newID(), Path: escape(p), Kind: e.Kind, Size: size, Deleted: w.cfg.Now().UTC()}
	dir := path.Join(trashDir, t.ID)
	if err := w.root.MkdirAll(dir, dirMode); err != nil {
		return Trashed{}, named(p, err)
	}
	info, err := json.Marshal(t)
	if err == nil {
		err = w.replace(dir+"/info.json", info)
	}
	if err == nil {
		err = w.rename(p, dir+"/item")
	}
	if err != nil {
		w.discard(dir)
		return Trashed{}, named(p, err)
	}
	return t, nil
}

// Restore brings something back to where it was; under a number when the name
// is taken, into the workspace itself when the folder is gone. It returns the
// path.
func (w *Workspace) Restore(id string) (string, error) {
	t, err := w.trashed(id)
	if err != nil {
		return "", err
	}
	p, err := within(t.Path)
	if err != nil || p == "." {
		return "", fmt.Errorf("%w: the trash is damaged", ErrKind)
	}
	if info, err := w.root.Stat(path.Dir(p)); err != nil || !info.IsDir() {
		p = path.Base(p)
	}
	back, err := w.settle(path.Join(trashDir, id, "item"), p)
	if err != nil {
		return "", err
	}
	w.discard(path.Join(trashDir, id))
	return escape(back), nil
}

// Purge deletes something of the trash for good.
func (w *Workspace) Purge(id string) error {
	if _, err := w.trashed(id); err != nil {
		return err
	}
	if err := w.fenced(); err != nil {
		return err
	}
	w.measured.forget()
	return named(id, w.root.RemoveAll(path.Join(trashDir, id)))
}

// Trash is what can be restored, the latest first.
func (w *Workspace) Trash() ([]Trashed, error) {
	ids, err := w.names(trashDir)
	if err != nil {
		return nil, err
	}
	list := []Trashed{}
	for _, id := range ids {
		if t, err := w.trashed(id); err == nil {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b Trashed) int { return b.Deleted.Compare(a.Deleted) })
	return list, nil
}

func (w *Workspace) trashed(id string) (Trashed, error) {
	none := fmt.Errorf("%w: %q is not in the trash", ErrNotFound, id)
	if !validID(id) {
		return Trashed{}, none
	}
	raw, err := w.readSmall(path.Join(trashDir, id, "info.json"))
	if err != nil {
		return Trashed{}, none
	}
	var t Trashed
	if json.Unmarshal(raw, &t) != nil || t.ID != id {
		return Trashed{}, none
	}
	if _, err := w.root.Lstat(path.Join(trashDir, id, "item")); err != nil {
		return Trashed{}, none
	}
	return t, nil
}

// names are the entries of a folder of our own, none if it isn't there.
func (w *Workspace) names(dir string) ([]string, error) {
	f, err := w.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, named(dir, err)
	}
	defer f.Close()
	names, err := f.Readdirnames(maxEntries)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, named(dir, err)
}

// Sweep removes for good what nobody will come back for: old trash, abandoned
// uploads, what a crash left half-written.
func (w *Workspace) Sweep() error {
	for dir, keep := range map[string]time.Duration{trashDir: keepTrash, uploadDir: keepUpload, stagedDir: keepUpload} {
		names, err := w.names(dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			p := path.Join(dir, name)
			info, err := w.root.Lstat(p)
			if err == nil && w.cfg.Now().Sub(info.ModTime()) > keep {
				w.discard(p)
			}
		}
	}
	w.measured.forget()
	return nil
}
