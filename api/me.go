package api

import (
	"errors"
	"net/http"

	"github.com/easel-live/easel/account"
)

// me is the caller's own account.
func (a *API) me(w http.ResponseWriter, r *http.Request, c call) error {
	return a.reply(w, r, http.StatusOK, viewUser(c.user))
}

// changeMe changes what the caller is called.
func (a *API) changeMe(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Display *string `json:"display"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	u, err := a.cfg.Accounts.Change(r.Context(), c.user.ID, func(u *account.User) {
		if body.Display != nil {
			u.Display = *body.Display
		}
	})
	if err != nil {
		return refusedUser(err)
	}
	return a.reply(w, r, http.StatusOK, viewUser(u))
}

// changePassword gives the caller another password and ends their other logins.
// Who came by a one-time link need not know the last.
func (a *API) changePassword(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Current  string `json:"current"`
		Password string `json:"password"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if c.by.Name != account.ByLink && !c.local {
		if err := a.mayGuess(w, r, c.user.Name); err != nil {
			return err
		}
		_, err := a.cfg.Accounts.Check(r.Context(), c.user.Name, body.Current)
		if errors.Is(err, account.ErrWrong) {
			return problemf(http.StatusForbidden, "that is not your present password")
		}
		if err != nil {
			return err
		}
		a.guesses.Passed(address(r), c.user.Name)
	}
	if err := a.cfg.Accounts.SetPassword(r.Context(), c.user.ID, body.Password, c.by.ID); err != nil {
		return refusedUser(err)
	}
	a.note(r, c.caller, "password.changed", c.user.ID, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
