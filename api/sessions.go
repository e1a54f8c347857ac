package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
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
	Waits     string         `json:"waits,omitempty"`
	CreatedAt time.Time      `json:"created_at"`
	Steps     []session.Step `json:"steps"`
	Display   string         `json:"display,omitempty"`
	Workspace string         `json:"workspace,omitempty"` // owner only
	Role      room.Role      `json:"role"`
	Owner     string         `json:"owner"` // what they are called; empty when they are gone
	Team      string         `json:"team"`  // that it is shared with; empty: none
}

func (a *API) view(r *http.Request, s session.Session, role room.Role) sessionView {
	v := sessionView{
		Owner: a.ownerName(r, s),
		ID:    s.ID, Name: s.Name, Room: s.Room, State: s.State, Reason: s.Reason, Waits: s.Waits,
		CreatedAt: s.CreatedAt, Steps: s.Steps, Display: s.Display, Role: role,
	}
	if role == room.Owner {
		v.Workspace = s.Workspace
	}
	if share, ok, err := a.cfg.Teams.Shared(r.Context(), s.ID); err == nil && ok {
		v.Team = share.Team
	}
	return v
}

// listSessions shows the caller's sessions and those that their teams share; with
// ?all, an administrator everybody's.
func (a *API) listSessions(w http.ResponseWriter, r *http.Request, c call) error {
	all := r.URL.Query().Has("all")
	if all && !c.admin() {
		return problemf(http.StatusForbidden, "only administrators may see everybody's sessions")
	}
	after, limit, err := page(r)
	if err != nil {
		return err
	}
	shared, err := a.cfg.Teams.SharedWith(r.Context(), c.user.ID)
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(a.cfg.Sessions.List(), func(s session.Session) bool {
		_, with := shared[s.ID]
		return !all && s.Owner != c.user.ID && !with || place(s) <= after
	})
	list, next := cut(list, limit, place)
	views := make([]sessionView, len(list))
	for i, s := range list {
		role := room.Owner
		if share, with := shared[s.ID]; with && s.Owner != c.user.ID && !c.admin() {
			role = share.Role
		}
		views[i] = a.view(r, s, role)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"sessions": views, "next": next})
}

// place is where a session is in the list of all, oldest first.
func place(s session.Session) string { return s.CreatedAt.UTC().Format(time.RFC3339) + " " + s.ID }

func (a *API) showSession(w http.ResponseWriter, r *http.Request, c call) error {
	return a.reply(w, r, http.StatusOK, a.view(r, c.session, c.role))
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
	a.note(r, c.caller, "session.ended", c.session.ID, c.session.Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
