package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/easel-live/easel/account"
)

// login lets in who knows a name and its password.
func (a *API) login(w http.ResponseWriter, r *http.Request, _ call) error {
	var body struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Name == "" || body.Password == "" {
		return problemf(http.StatusUnprocessableEntity, "the name or the password is missing")
	}
	if err := a.mayGuess(w, r, body.Name); err != nil {
		return err
	}
	u, err := a.cfg.Accounts.Check(r.Context(), body.Name, body.Password)
	if errors.Is(err, account.ErrWrong) {
		a.note(r, caller{}, "login.refused", "", body.Name)
		return problemf(http.StatusUnauthorized, "%v", err)
	}
	if err != nil {
		return err
	}
	a.guesses.Passed(address(r), body.Name)
	if err := a.begin(w, r, u, "password"); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// mayGuess refuses who tries passwords too fast.
func (a *API) mayGuess(w http.ResponseWriter, r *http.Request, at string) error {
	wait, ok := a.guesses.Attempt(address(r), at, a.cfg.Now())
	if ok {
		return nil
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	return problemf(http.StatusTooManyRequests, "too many attempts from this address or at this account; wait %d seconds and try again", int(wait.Seconds()))
}

// begin logs a user in; how says by what.
func (a *API) begin(w http.ResponseWriter, r *http.Request, u account.User, how string) error {
	word, err := a.cfg.Accounts.LogIn(r.Context(), u.ID, how, a.cfg.Now())
	if err != nil {
		return err
	}
	a.note(r, caller{user: u}, "login", u.ID, how)
	setCookie(w, r, loginCookie, word, "/", account.LoginTTL)
	return nil
}

func (a *API) logout(w http.ResponseWriter, r *http.Request, c call) error {
	if c.by.Kind == account.Login && !c.local && c.user.ID != "" {
		if err := a.cfg.Accounts.LogOut(r.Context(), c.by); err != nil {
			return err
		}
		a.note(r, c.caller, "logout", c.user.ID, "")
	}
	setCookie(w, r, loginCookie, "", "/", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serveLogin redeems a one-time link, or shows the login page.
func (a *API) serveLogin(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if token == "" || r.Method != http.MethodGet {
		a.serveWeb(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	target := "/login?link=used" // or too late, or never made
	u, err := a.cfg.Accounts.Redeem(r.Context(), token, a.cfg.Now())
	if err == nil {
		target = "/"
		err = a.begin(w, r, u, account.ByLink)
	}
	if err != nil && !errors.Is(err, account.ErrNoCredential) {
		a.refuse(w, r, err)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}
