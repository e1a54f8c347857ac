package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// userView is an account as its user and administrators see it.
type userView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Display   string    `json:"display"`
	Email     string    `json:"email"`
	Admin     bool      `json:"admin"`
	Disabled  bool      `json:"disabled"`
	Plan      string    `json:"plan"`     // empty: none of its own
	External  bool      `json:"external"` // comes by an OpenID provider
	CreatedAt time.Time `json:"created_at"`
}

func viewUser(u account.User) userView {
	return userView{
		ID: u.ID, Name: u.Name, Display: u.Display, Email: u.Email, Admin: u.Admin, Disabled: u.Disabled, Plan: u.Plan,
		External: u.Issuer != "", CreatedAt: u.Created,
	}
}

// userBody is what a request says of a user; what is nil stays.
type userBody struct {
	Name     *string `json:"name"`
	Display  *string `json:"display"`
	Email    *string `json:"email"`
	Admin    *bool   `json:"admin"`
	Disabled *bool   `json:"disabled"`
	Plan     *string `json:"plan"`
}

func (b userBody) apply(u *account.User) {
	set(&u.Name, b.Name)
	set(&u.Display, b.Display)
	set(&u.Email, b.Email)
	set(&u.Admin, b.Admin)
	set(&u.Disabled, b.Disabled)
	set(&u.Plan, b.Plan)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// readUser reads what a request says of a user.
func (a *API) readUser(w http.ResponseWriter, r *http.Request) (userBody, error) {
	var body userBody
	if err := readBody(w, r, &body); err != nil {
		return body, err
	}
	if body.Plan != nil {
		if err := a.cfg.Accountant.CheckPlan(*body.Plan); err != nil {
			return body, problemf(http.StatusUnprocessableEntity, "%v", err)
		}
	}
	return body, nil
}

func (a *API) listUsers(w http.ResponseWriter, r *http.Request, _ call) error {
	after, limit, err := page(r)
	if err != nil {
		return err
	}
	users, err := a.cfg.Accounts.Users(r.Context(), after, limit+1)
	if err != nil {
		return err
	}
	users, next := cut(users, limit, func(u account.User) string { return u.Name })
	views := make([]userView, len(users))
	for i, u := range users {
		views[i] = viewUser(u)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"users": views, "next": next})
}

func (a *API) createUser(w http.ResponseWriter, r *http.Request, c call) error {
	body, err := a.readUser(w, r)
	if err != nil {
		return err
	}
	var wished account.User
	body.apply(&wished)
	u, password, link, err := a.cfg.Accounts.Add(r.Context(), wished, a.cfg.Now())
	if err != nil {
		return refusedUser(err)
	}
	a.note(r, c.caller, "user.created", u.ID, u.Name)
	w.Header().Set("Location", "/api/v1/users/"+u.ID)
	return a.reply(w, r, http.StatusCreated, map[string]any{
		"user": viewUser(u), "password": password, "link": LoginLink(a.origin(r, c.caller), link),
	})
}

func (a *API) showUser(w http.ResponseWriter, r *http.Request, _ call) error {
	u, err := a.cfg.Accounts.Find(r.Context(), r.PathValue("user"))
	if err != nil {
		return refusedUser(err)
	}
	return a.reply(w, r, http.StatusOK, viewUser(u))
}

func (a *API) changeUser(w http.ResponseWriter, r *http.Request, c call) error {
	body, err := a.readUser(w, r)
	if err != nil {
		return err
	}
	u, err := a.cfg.Accounts.Find(r.Context(), r.PathValue("user"))
	if err == nil {
		u, err = a.cfg.Accounts.Change(r.Context(), u.ID, body.apply)
	}
	if err != nil {
		return refusedUser(err)
	}
	a.note(r, c.caller, "user.changed", u.ID, u.Name)
	return a.reply(w, r, http.StatusOK, viewUser(u))
}

// removeUser removes an account whose sessions are over.
func (a *API) removeUser(w http.ResponseWriter, r *http.Request, c call) error {
	u, err := a.cfg.Accounts.Find(r.Context(), r.PathValue("user"))
	if err != nil {
		return refusedUser(err)
	}
	for _, s := range a.cfg.Sessions.List() {
		if s.Owner == u.ID && s.Alive() {
			return problemf(http.StatusConflict, "%s has sessions that run: end them first", u.Name)
		}
	}
	if err := a.cfg.Accounts.Remove(r.Context(), u.ID); err != nil {
		return refusedUser(err)
	}
	a.note(r, c.caller, "user.removed", u.ID, u.Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// resetPassword gives a user a new password and a one-time link.
func (a *API) resetPassword(w http.ResponseWriter, r *http.Request, c call) error {
	u, err := a.cfg.Accounts.Find(r.Context(), r.PathValue("user"))
	if err != nil {
		return refusedUser(err)
	}
	password, link, err := a.cfg.Accounts.Reset(r.Context(), u.ID, a.cfg.Now())
	if err != nil {
		return err
	}
	a.note(r, c.caller, "password.reset", u.ID, u.Name)
	return a.reply(w, r, http.StatusOK, map[string]any{
		"name": u.Name, "password": password, "link": LoginLink(a.origin(r, c.caller), link),
	})
}

// refusedUser is why something about an account was not done.
func refusedUser(err error) error {
	switch {
	case errors.Is(err, account.ErrNoUser):
		return problemf(http.StatusNotFound, "%v", account.ErrNoUser)
	case errors.Is(err, account.ErrTaken):
		return problemf(http.StatusConflict, "%v", account.ErrTaken)
	case errors.Is(err, account.ErrLast):
		return problemf(http.StatusConflict, "%v", account.ErrLast)
	case errors.Is(err, room.ErrName):
		return problemf(http.StatusUnprocessableEntity, "the display name: %v", room.ErrName)
	}
	for _, bad := range []error{account.ErrName, account.ErrEmail, account.ErrPassword} {
		if errors.Is(err, bad) {
			return problemf(http.StatusUnprocessableEntity, "%v", bad)
		}
	}
	return err
}

// ownerName is what the owner of a session is called.
func (a *API) ownerName(r *http.Request, s session.Session) string {
	u, err := a.cfg.Accounts.User(r.Context(), s.Owner)
	if err != nil {
		return "" // removed since
	}
	return u.Display
}
