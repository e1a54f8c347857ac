package workspace

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// MaxSelection is how many paths may be asked for at once.
const MaxSelection = 1000

// Zip writes files and folders as a zip archive, uncompressed: pictures are
// compressed already, and GIMP needs the machine. Names in it begin where the
// paths begin to differ. Links are left out.
func (w *Workspace) Zip(ctx context.Context, to io.Writer, paths []string) error {
	if len(paths) == 0 || len(paths) > MaxSelection {
		return fmt.Errorf("%w: %d paths, want 1 to %d", ErrKind, len(paths), MaxSelection)
	}
	clean := make([]string, len(paths))
	for i, p := range paths {
		var err error
		if clean[i], err = within(p); err != nil {
			return err
		}
		if _, err := w.entry(clean[i]); err != nil {
			return err
		}
	}
	archive := zip.NewWriter(to)
	base := above(clean)
	for _, p := range clean {
		err := fs.WalkDir(w.root.FS(), p, func(at string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case at == private:
				return fs.SkipDir
			case err != nil && at != p && errors.Is(err, fs.ErrNotExist):
				return nil // it has just gone
			case err != nil:
				return named(at, err)
			}
			return w.pack(archive, at, strings.TrimPrefix(at, base), d)
		})
		if err != nil {
			return err
		}
	}
	return archive.Close()
}

func (w *Workspace) pack(archive *zip.Writer, p, name string, d fs.DirEntry) error {
	if name == "." {
		return nil
	}
	header := &zip.FileHeader{Name: escape(name), Method: zip.Store}
	if info, err := d.Info(); err == nil {
		header.Modified = info.ModTime()
	}
	if d.IsDir() {
		header.Name += "/"
		_, err := archive.CreateHeader(header)
		return err
	}
	if !d.Type().IsRegular() {
		return nil
	}
	f, _, err := w.Open(escape(p))
	if errors.Is(err, ErrNotFound) {
		return nil // it has just gone
	}
	if err != nil {
		return err
	}
	defer f.Close()
	part, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, f)
	return err
}

// above is the folder, with its slash, that all paths are in.
func above(paths []string) string {
	base := path.Dir(paths[0]) + "/"
	for _, p := range paths[1:] {
		for base != "./" && !strings.HasPrefix(p, base) {
			base = path.Dir(strings.TrimSuffix(base, "/")) + "/"
		}
	}
	if base == "./" {
		return ""
	}
	return base
}
