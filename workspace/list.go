package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an entry is.
type Kind string

// The kinds. Other is what people can't open from here: a device, a link that
// leads nowhere or out of the workspace.
const (
	File   Kind = "file"
	Folder Kind = "folder"
	Other  Kind = "other"
)

// Entry is a file or folder. Its version changes with its content.
type Entry struct {
	Name     string    `json:"name"`
	Kind     Kind      `json:"kind"`
	Size     int64     `json:"size"` // bytes; 0 for folders
	Modified time.Time `json:"modified"`
	Version  string    `json:"version"`
	Preview  bool      `json:"preview"` // whether a preview may be had
}

// Listing is what a folder holds, folders first, in the order of names.
type Listing struct {
	Entries []Entry `json:"entries"`
	// More says that there is more than is listed.
	More bool `json:"more"`
}

// maxEntries bounds a listing.
const maxEntries = 5000

// List lists a folder.
func (w *Workspace) List(folder string) (Listing, error) {
	p, err := within(folder)
	if err != nil {
		return Listing{}, err
	}
	dir, err := w.openDir(p)
	if err != nil {
		return Listing{}, err
	}
	defer dir.Close()
	list := Listing{Entries: []Entry{}}
	for !list.More {
		names, err := dir.Readdirnames(256)
		for _, name := range names {
			if name[0] == '.' {
				continue
			}
			if len(list.Entries) == maxEntries {
				list.More = true
				break
			}
			if e, err := w.entry(path.Join(p, name)); err == nil { // else it has just gone
				list.Entries = append(list.Entries, e)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Listing{}, named(p, err)
		}
	}
	slices.SortFunc(list.Entries, func(a, b Entry) int {
		if (a.Kind == Folder) != (b.Kind == Folder) {
			if a.Kind == Folder {
				return -1
			}
			return 1
		}
		if n := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list, nil
}

// Stat is one entry.
func (w *Workspace) Stat(p string) (Entry, error) {
	p, err := within(p)
	if err != nil {
		return Entry{}, err
	}
	return w.entry(p)
}

func (w *Workspace) entry(p string) (Entry, error) {
	info, err := w.root.Stat(p)
	if err != nil {
		// A link that leads out or nowhere is still there, to be deleted.
		if info, err = w.root.Lstat(p); err != nil {
			return Entry{}, named(p, err)
		}
	}
	return entryOf(path.Base(p), info), nil
}

func entryOf(name string, info fs.FileInfo) Entry {
	e := Entry{Name: escape(name), Kind: Other, Modified: info.ModTime().UTC()}
	switch {
	case info.IsDir():
		e.Kind = Folder
	case info.Mode().IsRegular():
		e.Kind, e.Size = File, info.Size()
		e.Version = strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
		e.Preview = drawable(name)
	}
	return e
}

func (w *Workspace) openDir(p string) (*os.File, error) {
	info, err := w.root.Stat(p)
	if err != nil {
		return nil, named(p, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%q: %w: it is no folder", escape(p), ErrKind)
	}
	dir, err := w.root.Open(p)
	return dir, named(p, err)
}
