package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// maxBody is the size a request's body may have in bytes.
const maxBody = 16 << 10

// problem is a refusal with a status, told as an RFC 9457 document.
type problem struct {
	status int
	kind   string // a URI of its own; empty: the status says it all
	detail string
}

func (p *problem) Error() string { return p.detail }

func problemf(status int, format string, args ...any) error {
	return &problem{status: status, detail: fmt.Sprintf(format, args...)}
}

var errLogin = problemf(http.StatusUnauthorized, "log in first, or open an invitation")

// refuse tells the caller what went wrong. What isn't the caller's fault goes
// to the log, and only its existence to the caller.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		a.cfg.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		p = &problem{status: http.StatusInternalServerError, detail: "the server failed; its log says more"}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	a.send(w, r, p.status, map[string]any{
		"type": cmp.Or(p.kind, "about:blank"), "title": http.StatusText(p.status), "status": p.status, "detail": p.detail,
	})
}

// reply sends a value as JSON.
func (a *API) reply(w http.ResponseWriter, r *http.Request, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	a.send(w, r, status, v)
	return nil
}

func (a *API) send(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		a.cfg.Log.Error("answer can't be encoded", "path", r.URL.Path, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(append(b, '\n'))
}

// readBody decodes a request's JSON body into v, strictly: one value, nothing
// unknown in it. No body at all leaves v as it is.
func readBody(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return problemf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
		}
		return problemf(http.StatusBadRequest, "the body broke off: %v", err)
	}
	if len(b) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return problemf(http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	return decode(b, v)
}

func decode(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return problemf(http.StatusBadRequest, "the body can't be understood: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return problemf(http.StatusBadRequest, "the body has more than one JSON value")
	}
	return nil
}
