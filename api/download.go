package api

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Files come from people and from programs beside GIMP: a browser stores them
// and never shows one as a page of ours. Only previews are shown, and these
// are checked for being pictures.

// downloadFile sends a file, or a range of it (RFC 9110, section 14).
func (a *API) downloadFile(w http.ResponseWriter, r *http.Request, c call) error {
	name, ranges := r.URL.Query().Get("path"), r.Header.Get("Range")
	if strings.Contains(ranges, ",") {
		ranges = "" // several at once: all of it is an allowed answer
	}
	content, err := a.filesOf(c).Content(r.Context(), name, ranges, r.Header.Get("If-Range"))
	if err != nil {
		return fileProblem(err)
	}
	defer content.Close()
	h := w.Header()
	if content.Range != "" {
		h.Set("Content-Range", content.Range)
	}
	if content.Status == http.StatusRequestedRangeNotSatisfiable {
		return problemf(content.Status, "the file does not have these bytes")
	}
	attach(w, path.Base(name), "application/octet-stream")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Accept-Ranges", "bytes")
	h.Set("Etag", `"`+content.Version+`"`)
	if !content.Modified.IsZero() {
		h.Set("Last-Modified", content.Modified.UTC().Format(http.TimeFormat))
	}
	if content.Length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(content.Length, 10))
	}
	w.WriteHeader(content.Status)
	return stream(w, r, content)
}

// downloadZip sends a selection as one archive.
func (a *API) downloadZip(w http.ResponseWriter, r *http.Request, c call) error {
	paths := r.URL.Query()["path"]
	content, err := a.filesOf(c).Zip(r.Context(), paths)
	if err != nil {
		return fileProblem(err)
	}
	defer content.Close()
	name := cmp.Or(c.session.Name, "Files")
	if len(paths) == 1 && strings.Trim(paths[0], "/") != "" {
		name = path.Base(paths[0])
	}
	attach(w, name+".zip", "application/zip")
	return stream(w, r, content)
}

// filePreview sends a file as a small picture. One that is asked for by
// version never changes.
func (a *API) filePreview(w http.ResponseWriter, r *http.Request, c call) error {
	q := r.URL.Query()
	picture, kind, err := a.filesOf(c).Preview(r.Context(), q.Get("path"))
	if err != nil {
		return fileProblem(err)
	}
	if q.Get("version") != "" {
		w.Header().Set("Cache-Control", "private, max-age=604800, immutable")
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(picture) // the browser may be gone
	return nil
}

// attach says that what follows is to be stored under a name.
func attach(w http.ResponseWriter, name, kind string) {
	w.Header().Set("Content-Type", kind)
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	w.Header().Set("Content-Disposition", cmp.Or(disposition, "attachment"))
}

// stream copies a body. What breaks off ends the connection, so that nobody
// takes a part for the whole.
func stream(w http.ResponseWriter, r *http.Request, body io.Reader) error {
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(&patient{w, http.NewResponseController(w)}, body); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// stall is how long a browser may take no byte of a download.
const stall = 2 * time.Minute

// patient waits for a slow reader and not for one that is gone.
type patient struct {
	io.Writer
	control *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	// A connection without deadlines has none to set.
	_ = p.control.SetWriteDeadline(time.Now().Add(stall))
	defer func() { _ = p.control.SetWriteDeadline(time.Time{}) }()
	return p.Writer.Write(b)
}
