package api

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"github.com/easel-live/easel/backup"
)

// Backups are the snapshots that are taken of workspaces.
type Backups interface {
	List(ctx context.Context) ([]backup.Snapshot, error)
	// Restore brings back a file or folder of a session's workspace, or all of
	// it, beside what is there, and returns its path in the workspace.
	Restore(ctx context.Context, snapshot, session, path string) (string, error)
}

var errNoBackups = problemf(http.StatusNotImplemented, "no backups are taken of these files")

// listBackups shows which backups there are.
func (a *API) listBackups(w http.ResponseWriter, r *http.Request, _ call) error {
	if a.cfg.Backups == nil {
		return errNoBackups
	}
	list, err := a.cfg.Backups.List(r.Context())
	if err != nil {
		return err
	}
	type view struct {
		ID   string    `json:"id"`
		Time time.Time `json:"time"`
	}
	views := []view{}
	for i := len(list) - 1; i >= 0; i-- {
		views = append(views, view{list[i].ID, list[i].Time.UTC()})
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"backups": views})
}

// restoreBackup brings back what was in a session's workspace.
func (a *API) restoreBackup(w http.ResponseWriter, r *http.Request, c call) error {
	if a.cfg.Backups == nil {
		return errNoBackups
	}
	var body struct {
		Path string `json:"path"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	at, err := a.cfg.Backups.Restore(r.Context(), r.PathValue("backup"), c.session.ID, body.Path)
	switch {
	case errors.Is(err, backup.ErrNotFound):
		return problemf(http.StatusNotFound, "%v", err)
	case errors.Is(err, backup.ErrThere):
		return problemf(http.StatusConflict, "it was restored already: look for what is named by that time")
	case err != nil:
		return err
	}
	a.note(r, c.caller, "backup.restored", c.session.ID, body.Path)
	return a.reply(w, r, http.StatusOK, map[string]string{"path": filepath.ToSlash(at)})
}
