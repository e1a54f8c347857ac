package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/easel-live/easel/images"
	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/remote"
)

// fileProblem is why something about files was refused.
func fileProblem(err error) error {
	status := 0
	for _, known := range []struct {
		err    error
		status int
	}{
		{remote.ErrUnreachable, http.StatusServiceUnavailable},
		{images.ErrGIMP, http.StatusBadGateway},
		{workspace.ErrNotFound, http.StatusNotFound},
		{workspace.ErrExists, http.StatusConflict},
		{workspace.ErrOffset, http.StatusConflict},
		{workspace.ErrHeld, http.StatusConflict},
		{workspace.ErrLost, http.StatusConflict},
		{workspace.ErrName, http.StatusUnprocessableEntity},
		{workspace.ErrKind, http.StatusUnprocessableEntity},
		{workspace.ErrOutside, http.StatusForbidden},
		{workspace.ErrFull, http.StatusInsufficientStorage},
		{workspace.ErrPicture, http.StatusUnsupportedMediaType},
	} {
		if errors.Is(err, known.err) {
			status = known.status
			break
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return problemf(http.StatusRequestTimeout, "the caller went away") // nobody reads this
	case status == 0:
		return err
	case status == http.StatusServiceUnavailable:
		return problemf(status, "%v; try again in a moment", remote.ErrUnreachable)
	default:
		return problemf(status, "%v", err)
	}
}

func (a *API) filesOf(c call) remote.Files { return a.cfg.Files.Of(c.session.Room) }

// listFiles shows a folder, and how full the workspace is.
func (a *API) listFiles(w http.ResponseWriter, r *http.Request, c call) error {
	folder := r.URL.Query().Get("path")
	list, err := a.filesOf(c).List(r.Context(), folder)
	if err != nil {
		return fileProblem(err)
	}
	usage, err := a.filesOf(c).Usage(r.Context())
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, struct {
		workspace.Listing
		Usage workspace.Usage `json:"usage"`
	}{list, usage})
}

func (a *API) makeFolder(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Path string `json:"path"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	e, err := a.filesOf(c).Mkdir(r.Context(), body.Path)
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusCreated, e)
}

func (a *API) moveFile(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	e, err := a.filesOf(c).Move(r.Context(), body.From, body.To)
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, e)
}

func (a *API) deleteFile(w http.ResponseWriter, r *http.Request, c call) error {
	t, err := a.filesOf(c).Delete(r.Context(), r.URL.Query().Get("path"))
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, t)
}

func (a *API) listTrash(w http.ResponseWriter, r *http.Request, c call) error {
	list, err := a.filesOf(c).Trash(r.Context())
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"trash": list})
}

func (a *API) restoreFile(w http.ResponseWriter, r *http.Request, c call) error {
	path, err := a.filesOf(c).Restore(r.Context(), r.PathValue("item"))
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, map[string]string{"path": path})
}

func (a *API) purgeFile(w http.ResponseWriter, r *http.Request, c call) error {
	if err := a.filesOf(c).Purge(r.Context(), r.PathValue("item")); err != nil {
		return fileProblem(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
