package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// endPatience is how long ending a session may take before the caller is told
// that it goes on without them.
const endPatience = 20 * time.Second

// sessionView is a session as a caller sees it.
type sessionView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Room      string         `json:"room"`
	State     session.State  `json:"state"`
	Reason    string         `json:"reason"`
	CreatedAt time.Time      `json:"created_at"`
	Steps     []session.Step `json:"steps"`
	Display   string         `json:"display,omitempty"`
	Workspace string         `json:"workspace,omitempty"` // owner only
	Role      room.Role      `json:"role"`
}

func view(s session.Session, role room.Role) sessionView {
	v := sessionView{
		ID: s.ID, Name: s.Name, Room: s.Room, State: s.State, Reason: s.Reason,
		CreatedAt: s.CreatedAt, Steps: s.Steps, Display: s.Display, Role: role,
	}
	if role == room.Owner {
		v.Workspace = s.Workspace
	}
	return v
}

func (a *API) listSessions(w http.ResponseWriter, r *http.Request, _ call) error {
	views := []sessionView{}
	for _, s := range a.cfg.Sessions.List() {
		views = append(views, view(s, room.Owner))
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"sessions": views})
}

func (a *API) createSession(w http.ResponseWriter, r *http.Request, _ call) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	s, err := a.cfg.Sessions.Create(session.Wish{ID: session.NewID(), Name: body.Name})
	switch {
	case errors.Is(err, room.ErrName):
		return problemf(http.StatusUnprocessableEntity, "%v", err)
	case errors.Is(err, session.ErrTooMany):
		return problemf(http.StatusConflict, "%v", err)
	case errors.Is(err, session.ErrClosed):
		return problemf(http.StatusServiceUnavailable, "%v", err)
	case err != nil:
		return err
	}
	w.Header().Set("Location", "/api/v1/sessions/"+s.ID)
	return a.reply(w, r, http.StatusCreated, view(s, room.Owner))
}

func (a *API) showSession(w http.ResponseWriter, r *http.Request, c call) error {
	return a.reply(w, r, http.StatusOK, view(c.session, c.role))
}

// endSession answers when nothing of the session runs any more. A caller who
// goes away does not keep it alive.
func (a *API) endSession(w http.ResponseWriter, r *http.Request, c call) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endPatience)
	defer cancel()
	err := a.cfg.Sessions.End(ctx, c.session.ID)
	if errors.Is(err, context.DeadlineExceeded) {
		return problemf(http.StatusGatewayTimeout, "the session did not end within %v; the server goes on with it", endPatience)
	}
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
