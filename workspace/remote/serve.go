package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/easel-live/easel/images"
	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

const (
	// headTimeout bounds how slowly a request may arrive.
	headTimeout = 10 * time.Second
	// restTimeout is how long a stream may wait for its next request.
	restTimeout = 2 * time.Minute
	// sweepEvery is how often what nobody comes back for is removed.
	sweepEvery = time.Hour
)

// Images are what GIMP has open.
type Images interface {
	State(ctx context.Context) (images.State, error)
	Open(ctx context.Context, path string, layer bool) error
	Recover(ctx context.Context, id string) (path string, err error)
	Discard(id string) error
}

// Server serves a workspace to the streams of a tunnel.
type Server struct {
	files   *workspace.Workspace
	images  Images
	clouds  Clouds
	http    *http.Server
	streams *listener
}

// NewServer makes a server; Run serves, Serve gives it a stream. Without images
// nothing can be opened, without clouds no storage be connected.
func NewServer(files *workspace.Workspace, images Images, clouds Clouds) *Server {
	s := &Server{files: files, images: images, clouds: clouds, streams: newListener()}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: headTimeout, IdleTimeout: restTimeout}
	return s
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.http.Close() })
	defer stop()
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	sweeping.Go(func() { s.sweep(ctx) })
	if err := s.http.Serve(s.streams); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// sweep removes old things now and then. What can't be removed is tried again.
func (s *Server) sweep(ctx context.Context) {
	again := time.NewTicker(sweepEvery)
	defer again.Stop()
	for {
		_ = s.files.Sweep()
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// Serve is the tunnel's service: it returns when the stream is done with.
func (s *Server) Serve(ctx context.Context, stream net.Conn) { s.streams.serve(ctx, stream) }

func (s *Server) routes() http.Handler {
	f := s.files
	mux := http.NewServeMux()
	handle := func(pattern string, serve func(r *http.Request, q url.Values) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v, err := serve(r, r.URL.Query())
			if err != nil {
				refuse(w, err)
				return
			}
			answer(w, http.StatusOK, v)
		})
	}
	handle("GET /list", func(_ *http.Request, q url.Values) (any, error) { return f.List(q.Get("path")) })
	handle("GET /stat", func(_ *http.Request, q url.Values) (any, error) { return f.Stat(q.Get("path")) })
	handle("GET /usage", func(*http.Request, url.Values) (any, error) { return f.Usage() })
	handle("GET /trash", func(*http.Request, url.Values) (any, error) { return f.Trash() })
	handle("POST /mkdir", func(_ *http.Request, q url.Values) (any, error) { return f.Mkdir(q.Get("path")) })
	handle("POST /move", func(_ *http.Request, q url.Values) (any, error) { return f.Move(q.Get("from"), q.Get("to")) })
	handle("POST /delete", func(_ *http.Request, q url.Values) (any, error) { return f.Delete(q.Get("path")) })
	handle("POST /restore", func(_ *http.Request, q url.Values) (any, error) { return f.Restore(q.Get("id")) })
	handle("POST /purge", func(_ *http.Request, q url.Values) (any, error) { return nil, f.Purge(q.Get("id")) })
	handle("POST /uploads", func(_ *http.Request, q url.Values) (any, error) {
		size, err := number(q, "size")
		if err != nil {
			return nil, err
		}
		return f.BeginUpload(q.Get("path"), size)
	})
	handle("GET /uploads/{id}", func(r *http.Request, _ url.Values) (any, error) { return f.Upload(r.PathValue("id")) })
	handle("POST /uploads/{id}/finish", func(r *http.Request, _ url.Values) (any, error) { return f.Finish(r.PathValue("id")) })
	handle("DELETE /uploads/{id}", func(r *http.Request, _ url.Values) (any, error) { return nil, f.Cancel(r.PathValue("id")) })
	if i := s.images; i != nil {
		handle("GET /images", func(r *http.Request, _ url.Values) (any, error) { return i.State(r.Context()) })
		handle("POST /open", func(r *http.Request, q url.Values) (any, error) {
			return nil, i.Open(r.Context(), q.Get("path"), q.Get("layer") == "true")
		})
		handle("POST /recover", func(r *http.Request, q url.Values) (any, error) { return i.Recover(r.Context(), q.Get("id")) })
		handle("POST /discard", func(_ *http.Request, q url.Values) (any, error) { return nil, i.Discard(q.Get("id")) })
	}
	if s.clouds != nil {
		serveClouds(handle, s.clouds)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, errNoImages) })
	mux.HandleFunc("/clouds/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, rclone.ErrMissing) })
	mux.HandleFunc("/clouds", func(w http.ResponseWriter, _ *http.Request) { refuse(w, rclone.ErrMissing) })
	mux.HandleFunc("PATCH /uploads/{id}", s.resume)
	mux.HandleFunc("GET /content", s.content)
	mux.HandleFunc("GET /preview", s.preview)
	mux.HandleFunc("GET /zip", s.zip)
	return mux
}

var errNoImages = fmt.Errorf("%w can't be asked in this session", images.ErrGIMP)

func number(q url.Values, name string) (int64, error) {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New(name + " is no number")
	}
	return n, nil
}

// content serves a file, or a range of it.
func (s *Server) content(w http.ResponseWriter, r *http.Request) {
	f, e, err := s.files.Open(r.URL.Query().Get("path"))
	if err != nil {
		refuse(w, err)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Etag", `"`+e.Version+`"`)
	http.ServeContent(w, r, "", e.Modified, f)
}

func (s *Server) preview(w http.ResponseWriter, r *http.Request) {
	small, err := s.files.Preview(r.Context(), r.URL.Query().Get("path"))
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(small) // the server may be gone
}

// zip sends an archive. One that can't be completed breaks off, so that nobody
// takes it for whole.
func (s *Server) zip(w http.ResponseWriter, r *http.Request) {
	body := &begun{ResponseWriter: w}
	err := s.files.Zip(r.Context(), body, r.URL.Query()["path"])
	switch {
	case err == nil:
	case body.yes:
		panic(http.ErrAbortHandler)
	default:
		refuse(w, err)
	}
}

// begun knows whether a body has begun.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// resume takes the next bytes of an upload.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	offset, err := number(r.URL.Query(), "offset")
	if err != nil {
		refuse(w, err)
		return
	}
	n, err := s.files.Continue(r.PathValue("id"), offset, r.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, n)
}
