package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"time"
)

const (
	uploadDir = private + "/uploads"
	// keepUpload is how long an upload waits for its rest.
	keepUpload = 7 * 24 * time.Hour
	// maxUploads bounds the uploads that are under way.
	maxUploads = 256
)

// Upload is a file on its way in. It survives whatever breaks: what counts is
// what has reached the disk.
type Upload struct {
	ID     string `json:"id"`
	Path   string `json:"path"` // where it goes; where it went, once it is done
	Size   int64  `json:"size"`
	Offset int64  `json:"offset"` // bytes that have come
	Done   bool   `json:"done"`
}

// BeginUpload promises room for a file of size bytes that is to go to path, or
// beside it when the name is taken by then.
func (w *Workspace) BeginUpload(p string, size int64) (Upload, error) {
	p, err := fresh(p)
	if err != nil {
		return Upload{}, err
	}
	if size < 0 {
		return Upload{}, fmt.Errorf("%w: a size of %d", ErrKind, size)
	}
	if info, err := w.root.Stat(path.Dir(p)); err != nil {
		return Upload{}, named(path.Dir(p), err)
	} else if !info.IsDir() {
		return Upload{}, fmt.Errorf("%q: %w: it is no folder", escape(path.Dir(p)), ErrKind)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.promise(size); err != nil {
		return Upload{}, err
	}
	u := Upload{ID: newID(), Path: escape(p), Size: size}
	dir := path.Join(uploadDir, u.ID)
	if err := w.root.MkdirAll(dir, dirMode); err != nil {
		return Upload{}, named(p, err)
	}
	if err := w.note(u); err != nil {
		w.discard(dir)
		return Upload{}, named(p, err)
	}
	return u, nil
}

// promise says whether size bytes more fit, whatever of the uploads under way
// is still to come.
func (w *Workspace) promise(size int64) error {
	ids, err := w.names(uploadDir)
	if err != nil {
		return err
	}
	var open int
	var coming int64
	for _, id := range ids {
		if u, err := w.Upload(id); err == nil && !u.Done {
			open++
			coming += min(u.Size-u.Offset, math.MaxInt64/(2*maxUploads))
		}
	}
	if open >= maxUploads {
		return fmt.Errorf("%w: %d uploads are under way; end some first", ErrFull, open)
	}
	w.measured.forget()
	usage, err := w.Usage()
	if err != nil {
		return err
	}
	if free := usage.Quota - usage.Bytes - coming; usage.Quota > 0 && size > free {
		return fmt.Errorf("%w: %d bytes are free and this needs %d", ErrFull, max(free, 0), size)
	}
	return nil
}

// Upload is how far an upload is.
func (w *Workspace) Upload(id string) (Upload, error) {
	none := fmt.Errorf("%w: there is no upload %q", ErrNotFound, id)
	if !validID(id) {
		return Upload{}, none
	}
	raw, err := w.readSmall(path.Join(uploadDir, id, "info.json"))
	if err != nil {
		return Upload{}, none
	}
	var u Upload
	if json.Unmarshal(raw, &u) != nil || u.ID != id || u.Size < 0 {
		return Upload{}, none
	}
	if u.Done {
		u.Offset = u.Size
		return u, nil
	}
	u.Offset = 0
	if info, err := w.root.Lstat(path.Join(uploadDir, id, "data")); err == nil {
		u.Offset = min(info.Size(), u.Size)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Upload{}, named(id, err)
	}
	return u, nil
}

// Continue takes bytes of an upload from an offset on, which is what has come
// so far, and returns how many it kept: all that were read when it fails.
func (w *Workspace) Continue(id string, offset int64, content io.Reader) (int64, error) {
	release, err := w.claim(id)
	if err != nil {
		return 0, err
	}
	defer release()
	u, err := w.Upload(id)
	if err != nil {
		return 0, err
	}
	if u.Done || offset != u.Offset {
		return 0, fmt.Errorf("%w: %d bytes have come, not %d", ErrOffset, u.Offset, offset)
	}
	if err := w.fenced(); err != nil {
		return 0, err
	}
	f, err := w.root.OpenFile(path.Join(uploadDir, id, "data"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return 0, named(u.Path, err)
	}
	n, err := io.Copy(f, io.LimitReader(content, u.Size-offset))
	for _, step := range []func() error{f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	return n, named(u.Path, err)
}

// Finish puts an upload that came whole in its place and returns the path. It
// may be called again.
func (w *Workspace) Finish(id string) (string, error) {
	release, err := w.claim(id)
	if err != nil {
		return "", err
	}
	defer release()
	u, err := w.Upload(id)
	if err != nil || u.Done {
		return u.Path, err
	}
	if u.Offset != u.Size {
		return "", fmt.Errorf("%w: %d of %d bytes have come", ErrOffset, u.Offset, u.Size)
	}
	data := path.Join(uploadDir, id, "data")
	if u.Size == 0 {
		f, err := w.root.OpenFile(data, os.O_WRONLY|os.O_CREATE, fileMode)
		if err != nil {
			return "", named(u.Path, err)
		}
		f.Close()
	}
	p, err := within(u.Path)
	if err != nil {
		return "", err
	}
	if p, err = w.settle(data, p); err != nil {
		return "", err
	}
	u.Path, u.Done = escape(p), true
	return u.Path, named(p, w.note(u))
}

// Cancel forgets an upload and what has come of it.
func (w *Workspace) Cancel(id string) error {
	release, err := w.claim(id)
	if err != nil {
		return err
	}
	defer release()
	if _, err := w.Upload(id); err != nil {
		return err
	}
	w.measured.forget()
	return named(id, w.root.RemoveAll(path.Join(uploadDir, id)))
}

func (w *Workspace) note(u Upload) error {
	raw, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return w.replace(path.Join(uploadDir, u.ID, "info.json"), raw)
}

// claim gives an upload to one writer at a time.
func (w *Workspace) claim(id string) (release func(), err error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if w.busy[id] {
		return nil, fmt.Errorf("%w: another connection still sends it", ErrOffset)
	}
	w.busy[id] = true
	return func() {
		w.writing.Lock()
		defer w.writing.Unlock()
		delete(w.busy, id)
	}, nil
}
