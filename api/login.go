package api

import (
	"net/http"
	"strconv"

	"github.com/easel-live/easel/api/access"
)

// accountName is the name of the one built-in account.
const accountName = "owner"

func (a *API) login(w http.ResponseWriter, r *http.Request, _ call) error {
	var body struct {
		Password string `json:"password"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Password == "" {
		return problemf(http.StatusBadRequest, "the password is missing")
	}
	if wait, ok := a.guesses.Attempt(address(r), a.cfg.Now()); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		return problemf(http.StatusTooManyRequests, "too many attempts; wait a few seconds")
	}
	ok, err := a.cfg.Store.CheckPassword(body.Password)
	if err != nil {
		return err
	}
	if !ok {
		a.cfg.Log.Warn("wrong password", "from", address(r))
		return problemf(http.StatusUnauthorized, "wrong password")
	}
	a.guesses.Passed(address(r))
	if err := a.begin(w, r); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// begin logs the caller in.
func (a *API) begin(w http.ResponseWriter, r *http.Request) error {
	secret, err := a.cfg.Store.NewLogin(a.cfg.Now())
	if err != nil {
		return err
	}
	setCookie(w, r, loginCookie, secret, "/", access.LoginTTL)
	return nil
}

func (a *API) logout(w http.ResponseWriter, r *http.Request, c call) error {
	if c.login != "" {
		if err := a.cfg.Store.Logout(c.login); err != nil {
			return err
		}
	}
	setCookie(w, r, loginCookie, "", "/", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) me(w http.ResponseWriter, r *http.Request, _ call) error {
	return a.reply(w, r, http.StatusOK, map[string]any{"name": accountName, "admin": true})
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
	ok, err := a.cfg.Store.RedeemLink(token, a.cfg.Now())
	if ok && err == nil {
		target = "/"
		err = a.begin(w, r)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// resetPassword makes a new password and a one-time link.
func (a *API) resetPassword(w http.ResponseWriter, r *http.Request, c call) error {
	password := access.NewPassword()
	if err := a.cfg.Store.SetPassword(password); err != nil {
		return err
	}
	link, err := a.cfg.Store.NewLink(a.cfg.Now(), LinkTTL)
	if err != nil {
		return err
	}
	return a.reply(w, r, http.StatusOK, map[string]any{
		"password": password, "link": LoginLink(a.origin(r, c.caller), link),
	})
}
