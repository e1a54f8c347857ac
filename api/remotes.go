package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// remoteView is connected storage as people see it: nothing of its credentials.
type remoteView struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Kind      string      `json:"kind"`
	Path      string      `json:"path"`
	Paused    bool        `json:"paused"`
	Limit     int         `json:"limit"`
	State     cloud.State `json:"state"`
	Problem   string      `json:"problem"`
	Synced    *time.Time  `json:"synced_at"`
	Files     int         `json:"files"`
	Done      int         `json:"done"`
	Of        int         `json:"of"`
	Current   string      `json:"current"`
	Bytes     int64       `json:"bytes"`
	Size      int64       `json:"size"`
	Speed     int64       `json:"speed"`
	Conflicts []string    `json:"conflicts"`
	Skipped   int         `json:"skipped"`
	Rescued   int         `json:"rescued"`
}

func viewRemote(s remotes.Shown) remoteView {
	t := s.Status
	v := remoteView{
		ID: s.ID, Name: s.Name, Kind: s.Kind, Path: s.Path, Paused: s.Paused, Limit: s.Limit,
		State: t.State, Problem: t.Problem, Files: t.Files, Done: t.Done, Of: t.Of, Current: t.Current,
		Bytes: t.Bytes, Size: t.Size, Speed: t.Speed, Conflicts: t.Conflicts, Skipped: t.Skipped, Rescued: t.Rescued,
	}
	if !t.Synced.IsZero() {
		v.Synced = &t.Synced
	}
	return v
}

// otherView is storage that could be connected to a session.
type otherView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// remoteProblem is why something about storage was refused.
func remoteProblem(err error) error {
	switch {
	case errors.Is(err, remotes.ErrNotFound):
		return problemf(http.StatusNotFound, "%v", remotes.ErrNotFound)
	case errors.Is(err, remotes.ErrTaken):
		return problemf(http.StatusConflict, "%v", remotes.ErrTaken)
	case errors.Is(err, remotes.ErrMany):
		return problemf(http.StatusConflict, "%v", err)
	case errors.Is(err, cloud.ErrRemote):
		return problemf(http.StatusBadGateway, "%v", err)
	case errors.Is(err, rclone.ErrMissing):
		return problemf(http.StatusNotImplemented, "no storage can be connected here: %v", rclone.ErrMissing)
	default:
		return fileProblem(err)
	}
}

func (a *API) placeOf(c call) remotes.Place {
	return remotes.Place{ID: c.session.ID, Owner: c.session.Owner, Agent: a.filesOf(c)}
}

// listRemotes shows a session's storage, and to whose session it is what else
// they have.
func (a *API) listRemotes(w http.ResponseWriter, r *http.Request, c call) error {
	here, err := a.cfg.Remotes.In(r.Context(), a.placeOf(c))
	if err != nil {
		return remoteProblem(err)
	}
	views, others := []remoteView{}, []otherView{}
	connected := make(map[string]bool)
	for _, one := range here {
		views = append(views, viewRemote(one))
		connected[one.ID] = true
	}
	if c.owns() {
		have, err := a.cfg.Remotes.Of(r.Context(), c.user.ID)
		if err != nil {
			return err
		}
		for _, one := range have {
			if !connected[one.ID] {
				others = append(others, otherView{one.ID, one.Name, one.Kind})
			}
		}
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"remotes": views, "others": others, "mine": c.owns()})
}

// owns says whether the caller is whose session it is: others who may manage it
// have no business with the owner's storage.
func (c call) owns() bool { return c.user.ID != "" && c.user.ID == c.session.Owner }

var errNotTheirs = problemf(http.StatusForbidden, "only whose session it is may connect and change storage")

// connectRemote connects new storage, or, by its ID, some that is known.
func (a *API) connectRemote(w http.ResponseWriter, r *http.Request, c call) error {
	if !c.owns() {
		return errNotTheirs
	}
	var body struct {
		Remote     string            `json:"remote"`
		Name       string            `json:"name"`
		Kind       string            `json:"kind"`
		Path       string            `json:"path"`
		Limit      int               `json:"limit"`
		Parameters map[string]string `json:"parameters"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var made remotes.Remote
	var err error
	if body.Remote != "" {
		made, err = a.cfg.Remotes.Attach(r.Context(), a.placeOf(c), body.Remote)
	} else {
		wish := cloud.Remote{Name: body.Name, Kind: body.Kind, Path: body.Path, Limit: body.Limit, Parameters: body.Parameters}
		if err := wish.Check(); err != nil {
			return problemf(http.StatusUnprocessableEntity, "%v", err)
		}
		made, err = a.cfg.Remotes.Connect(r.Context(), a.placeOf(c), wish)
	}
	if err != nil {
		return remoteProblem(err)
	}
	a.note(r, c.caller, "remote.connected", made.ID, made.Kind+" as "+made.Name)
	return a.reply(w, r, http.StatusCreated, otherView{made.ID, made.Name, made.Kind})
}

// listProviders shows what kinds of storage there are and what each needs.
func (a *API) listProviders(w http.ResponseWriter, r *http.Request, c call) error {
	list, err := a.filesOf(c).Providers(r.Context())
	if err != nil {
		return remoteProblem(err)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"providers": list})
}

// changeRemote pauses storage, or bounds what it takes.
func (a *API) changeRemote(w http.ResponseWriter, r *http.Request, c call) error {
	if !c.owns() {
		return errNotTheirs
	}
	var body struct {
		Paused *bool `json:"paused"`
		Limit  *int  `json:"limit"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if l := body.Limit; l != nil && (*l < 0 || *l > cloud.MaxLimit) {
		return problemf(http.StatusUnprocessableEntity, "limit must be 0 to %d KiB a second", cloud.MaxLimit)
	}
	if err := a.cfg.Remotes.Change(r.Context(), a.placeOf(c), r.PathValue("remote"), body.Paused, body.Limit); err != nil {
		return remoteProblem(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// disconnectRemote disconnects storage from the session, or, with ?forget, has it
// forgotten altogether.
func (a *API) disconnectRemote(w http.ResponseWriter, r *http.Request, c call) error {
	if !c.owns() {
		return errNotTheirs
	}
	id, act := r.PathValue("remote"), "remote.disconnected"
	var err error
	if r.URL.Query().Has("forget") {
		act = "remote.forgotten"
		err = a.cfg.Remotes.Forget(r.Context(), c.user.ID, id)
	} else {
		err = a.cfg.Remotes.Detach(r.Context(), a.placeOf(c), id)
	}
	if err != nil {
		return remoteProblem(err)
	}
	a.note(r, c.caller, act, id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// syncRemote has storage looked at now.
func (a *API) syncRemote(w http.ResponseWriter, r *http.Request, c call) error {
	if err := a.filesOf(c).SyncCloud(r.Context(), r.PathValue("remote")); err != nil {
		return remoteProblem(err)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
