package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	tus "github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/remote"
)

// Uploads speak the tus protocol, version 1.0.0 (tus.io/protocols/resumable-upload),
// with the extensions creation and termination. Metadata: filename, and folder,
// where it is to go. An upload that is complete says in Easel-Path, escaped as
// in a URL, where the file went: beside one that had its name.

// uploadGrace is how long a request works on after its caller is gone. The agent
// keeps what has come to it in any case.
const uploadGrace = 200 * time.Millisecond

// pathHeader tells where an upload went.
const pathHeader = "Easel-Path"

// upload serves a request about uploads.
func (a *API) upload(w http.ResponseWriter, r *http.Request, c call) error {
	store := &uploads{files: a.filesOf(c)}
	parts := tus.NewStoreComposer()
	parts.UseCore(store)
	parts.UseTerminater(store)
	parts.UseLocker(a.uploadLocks)
	base := "/api/v1/sessions/" + c.session.ID + "/files/uploads/"
	handler, err := tus.NewHandler(tus.Config{
		StoreComposer: parts, BasePath: base, DisableDownload: true, DisableConcatenation: true,
		Cors: &tus.CorsConfig{Disable: true}, GracefulRequestCompletionTimeout: uploadGrace, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return err
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = "/" + r.PathValue("upload")
	inner.Header.Del("X-HTTP-Method-Override") // the route was chosen by the method
	answer := &uploadAnswer{ResponseWriter: w, store: store, base: base}
	handler.ServeHTTP(answer, inner)
	// The handler sets deadlines, and the connection may live on.
	control := http.NewResponseController(w)
	_, _ = control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})
	return answer.refusal()
}

// uploadAnswer makes problem documents of refusals, and adds what is ours.
type uploadAnswer struct {
	http.ResponseWriter
	store  *uploads
	base   string
	status int
	refuse strings.Builder
}

// Unwrap lets deadlines through, see http.ResponseController.
func (u *uploadAnswer) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *uploadAnswer) WriteHeader(status int) {
	u.status = status
	if status >= http.StatusBadRequest {
		return
	}
	h := u.Header()
	if at := h.Get("Location"); at != "" {
		// What host and scheme the browser used, proxies may have hidden.
		h.Set("Location", u.base+path.Base(at))
	}
	if u.store.settled != "" {
		h.Set(pathHeader, url.PathEscape(u.store.settled))
	}
	u.ResponseWriter.WriteHeader(status)
}

func (u *uploadAnswer) Write(b []byte) (int, error) {
	if u.status >= http.StatusBadRequest {
		return u.refuse.Write(b)
	}
	return u.ResponseWriter.Write(b)
}

// refusal is what was answered in vain, nil if nothing was.
func (u *uploadAnswer) refusal() error {
	if u.status < http.StatusBadRequest {
		return nil
	}
	h := u.Header()
	h.Del("Content-Length")
	_, detail, ok := strings.Cut(u.refuse.String(), ": ")
	if !ok {
		detail = http.StatusText(u.status)
	}
	return problemf(u.status, "%s", strings.TrimSpace(detail))
}

// uploads are a session's uploads, as the handler of tus wants them, for one
// request.
type uploads struct {
	files   remote.Files
	settled string // where the request's upload went, once it is complete
}

// NewUpload implements tus.DataStore.
func (s *uploads) NewUpload(ctx context.Context, info tus.FileInfo) (tus.Upload, error) {
	name := info.MetaData["filename"]
	if err := workspace.CheckName(name); err != nil {
		return nil, tusError(err)
	}
	u, err := s.files.BeginUpload(ctx, strings.Trim(info.MetaData["folder"], "/")+"/"+name, info.Size)
	if err != nil {
		return nil, tusError(err)
	}
	return &upload{s, u}, nil
}

// GetUpload implements tus.DataStore.
func (s *uploads) GetUpload(ctx context.Context, id string) (tus.Upload, error) {
	u, err := s.files.Upload(ctx, id)
	if err != nil {
		return nil, tusError(err)
	}
	if u.Done {
		s.settled = u.Path
	}
	return &upload{s, u}, nil
}

// AsTerminatableUpload implements tus.TerminaterDataStore.
func (s *uploads) AsTerminatableUpload(u tus.Upload) tus.TerminatableUpload { return u.(*upload) }

type upload struct {
	store *uploads
	is    workspace.Upload
}

// GetInfo implements tus.Upload.
func (u *upload) GetInfo(context.Context) (tus.FileInfo, error) {
	return tus.FileInfo{ID: u.is.ID, Size: u.is.Size, Offset: u.is.Offset}, nil
}

// WriteChunk implements tus.Upload.
func (u *upload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.store.files.Continue(ctx, u.is.ID, offset, src)
	if err != nil {
		return n, tusError(err)
	}
	u.is.Offset += n
	return n, nil
}

// FinishUpload implements tus.Upload.
func (u *upload) FinishUpload(ctx context.Context) error {
	settled, err := u.store.files.Finish(ctx, u.is.ID)
	if err != nil {
		return tusError(err)
	}
	u.store.settled = settled
	return nil
}

// Terminate implements tus.TerminatableUpload.
func (u *upload) Terminate(ctx context.Context) error {
	if err := u.store.files.Cancel(ctx, u.is.ID); err != nil {
		return tusError(err)
	}
	return nil
}

// GetReader implements tus.Upload. Nobody asks: what is not complete is not
// given out.
func (u *upload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, tus.ErrNotImplemented
}

// tusError carries a refusal through the handler of tus.
func tusError(err error) error {
	var p *problem
	if errors.As(fileProblem(err), &p) {
		return tus.NewError("ERR", p.detail, p.status)
	}
	return err
}
